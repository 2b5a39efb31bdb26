#include "backends/s3/tags.h"

#include <utility>

#include "backend/kept.h"
#include "backends/s3/entry.h"
#include "backends/s3/pages.h"
#include "backends/s3/requests.h"

namespace genro::storage::s3 {
namespace {

// No tags to be had, while the object itself may be read and written.
bool means_none(ErrorCode code) noexcept {
  return code == ErrorCode::permission_denied || code == ErrorCode::unsupported || code == ErrorCode::not_found ||
         code == ErrorCode::invalid_argument;
}

}  // namespace

bool has_tags(const PutOptions& options) noexcept {
  const Metadata* kept = kept_with(options.metadata);
  return kept && kept->contains(std::string(kTagCount));
}

Task<PutOptions> with_tags(std::shared_ptr<Client> client, std::string path, std::string version, PutOptions options) {
  if (!has_tags(options)) co_return options;
  Metadata kept = *kept_with(options.metadata);
  kept.erase(std::string(kTagCount));
  HttpRequest request = get_tags(client->base(), client->config().prefix + path, version);
  Task<Client::Document> asking = client->document(std::move(request), {"read tags", path});
  Result<Client::Document> asked = co_await asking.as_result();
  if (!asked.ok() && !means_none(asked.error().code())) std::rethrow_exception(asked.exception());
  if (asked.ok()) {
    std::string tags = parse_tags(asked.value().body.view());
    if (!tags.empty()) kept.emplace("x-amz-tagging", std::move(tags));
  }
  options.metadata = with_kept(*options.metadata, std::move(kept));
  co_return options;
}

}  // namespace genro::storage::s3
