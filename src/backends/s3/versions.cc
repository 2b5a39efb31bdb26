#include "backends/s3/versions.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "backends/s3/error.h"
#include "backends/s3/pages.h"
#include "backends/s3/requests.h"

namespace genro::storage::s3 {
namespace {

constexpr std::size_t kVersionsAtOnce = 1000;  // of DeleteObjects
constexpr int kMostEmptyPages = 1000;          // in a row: each says that there is more

Task<void> delete_batch(std::shared_ptr<Client> client, std::string path, std::vector<std::string> ids,
                        std::vector<VersionFailure>* failures) {
  HttpRequest request = delete_versions(client->base(), client->config().prefix + path, ids);
  Task<Client::Document> sending = client->document(std::move(request), {"delete version", path});
  const Client::Document answer = co_await sending;
  for (const DeleteError& failure : parse_delete_errors(answer.body.view(), &DeleteError::version, ids)) {
    if (failure.code == "NoSuchKey" || failure.code == "NoSuchVersion") continue;
    failures->push_back({failure.version, error_of(failure).with_operation("delete version").with_where(path)});
  }
}

}  // namespace

Task<std::vector<Version>> list_of_versions(std::shared_ptr<Client> client, std::string path) {
  const std::string key = client->config().prefix + path;
  std::vector<Version> versions;
  std::string key_marker;
  std::string version_marker;
  std::set<std::pair<std::string, std::string>> markers;
  int empty_pages = 0;
  while (!path.empty()) {
    HttpRequest request = list_versions(client->base(), key, key_marker, version_marker);
    Task<Client::Document> asking = client->document(std::move(request), {"list versions", path});
    const Client::Document answer = co_await asking;
    VersionPage page = parse_version_page(answer.body.view(), key);
    empty_pages = page.versions.empty() ? empty_pages + 1 : 0;
    std::move(page.versions.begin(), page.versions.end(), std::back_inserter(versions));
    if (!page.truncated || page.beyond) break;  // a marker may have more in it than the key: it says nothing here
    if (!markers.emplace(page.next_key, page.next_version).second || empty_pages > kMostEmptyPages) {
      throw Error(ErrorCode::protocol, "list versions", path, "the server sends pages without end");
    }
    key_marker = std::move(page.next_key);
    version_marker = std::move(page.next_version);
  }
  co_return versions;
}

Task<std::vector<VersionFailure>> delete_some_versions(std::shared_ptr<Client> client, std::string path,
                                                       std::vector<std::string> version_ids) {
  std::vector<VersionFailure> failures;
  for (std::size_t begin = 0; begin < version_ids.size(); begin += kVersionsAtOnce) {
    const auto first = version_ids.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(kVersionsAtOnce, version_ids.size() - begin));
    Task<void> deleting = delete_batch(client, path, std::vector<std::string>(first, last), &failures);
    co_await deleting;
  }
  co_return failures;
}

Error version_error(const Error& error, const std::string& version) {
  if (version.empty() || error.code() != ErrorCode::invalid_argument) return error;
  return Error(ErrorCode::not_found, error.operation(), error.where(), "no such version: " + version)
      .with_request_id(error.request_id());
}

}  // namespace genro::storage::s3
