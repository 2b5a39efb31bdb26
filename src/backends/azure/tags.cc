#include "backends/azure/tags.h"

#include <utility>

#include "backend/kept.h"
#include "backends/azure/blob.h"
#include "backends/azure/pages.h"

namespace genro::storage::azure {
namespace {

// No tags to be had, while the blob itself may be read and written: tags have a right of their own, and some accounts none.
bool may_be_written_without(ErrorCode code) noexcept {
  return code == ErrorCode::permission_denied || code == ErrorCode::unsupported || code == ErrorCode::not_found ||
         code == ErrorCode::invalid_argument || code == ErrorCode::already_exists;
}

}  // namespace

Task<PutOptions> with_tags(std::shared_ptr<Client> client, std::string path, std::string version, PutOptions options) {
  const Metadata* there = kept_with(options.metadata);
  if (!there || !there->contains(std::string(kTagCount))) co_return options;
  Metadata kept = *there;
  kept.erase(std::string(kTagCount));
  Query query{{"comp", "tags"}};
  add_version(version, query);
  Task<Client::Document> asking =
      client->document(client->request("GET", client->key_of(path), query), {"read tags", path});
  Result<Client::Document> asked = co_await asking.as_result();
  if (!asked.ok() && !may_be_written_without(asked.error().code())) std::rethrow_exception(asked.exception());
  if (asked.ok()) {
    std::string tags = parse_tags(asked.value().body.view());
    if (!tags.empty()) kept.emplace(kTags, std::move(tags));
  }
  options.metadata = with_kept(*options.metadata, std::move(kept));
  co_return options;
}

void add_tags(const PutOptions& options, HttpRequest& to) {
  const Metadata* kept = kept_with(options.metadata);
  if (!kept) return;
  if (const auto at = kept->find(std::string(kTags)); at != kept->end()) to.add_header(kTags, at->second);
}

}  // namespace genro::storage::azure
