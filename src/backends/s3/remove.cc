#include "backends/s3/remove.h"

#include <algorithm>
#include <utility>

#include "backends/s3/error.h"
#include "backends/s3/pages.h"
#include "backends/s3/requests.h"

namespace genro::storage::s3 {
namespace {

bool is_absent(const DeleteError& failure) { return failure.code == "NoSuchKey" || failure.code == "NoSuchVersion"; }

}  // namespace

bool fits_xml(std::string_view key) noexcept {
  return std::all_of(key.begin(), key.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r';
  });
}

Task<std::vector<RemoveFailure>> delete_batch(std::shared_ptr<Client> client, std::vector<std::string> paths) {
  const std::string& prefix = client->config().prefix;
  std::vector<std::string> keys;
  keys.reserve(paths.size());
  for (const std::string& path : paths) keys.push_back(prefix + path);
  Task<Client::Document> sending = client->document(delete_objects(client->base(), keys), {"delete", ""});
  const Client::Document answer = co_await sending;
  std::vector<RemoveFailure> failures;
  for (const DeleteError& failure : parse_delete_errors(answer.body.view(), &DeleteError::key, keys)) {
    if (is_absent(failure)) continue;
    std::string path = failure.key.substr(prefix.size());
    failures.push_back({path, error_of(failure).with_operation("delete").with_where(path)});
  }
  co_return failures;
}

Task<std::vector<VersionFailure>> delete_versions(std::shared_ptr<Client> client, std::string path,
                                                  std::vector<std::string> version_ids) {
  constexpr std::string_view kOperation = "delete version";
  HttpRequest request = delete_versions(client->base(), client->config().prefix + path, version_ids);
  Task<Client::Document> sending = client->document(std::move(request), {kOperation, path});
  const Client::Document answer = co_await sending;
  std::vector<VersionFailure> failures;
  for (const DeleteError& failure : parse_delete_errors(answer.body.view(), &DeleteError::version, version_ids)) {
    if (is_absent(failure)) continue;
    failures.push_back({failure.version, error_of(failure).with_operation(std::string(kOperation)).with_where(path)});
  }
  co_return failures;
}

}  // namespace genro::storage::s3
