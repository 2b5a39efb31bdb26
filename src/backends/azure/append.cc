#include "backends/azure/append.h"

#include <algorithm>
#include <utility>

#include "backend/http/checksum.h"
#include "backend/http/conditions.h"
#include "backend/http/content_range.h"
#include "backends/azure/blob.h"
#include "backends/azure/pages.h"
#include "backends/azure/upload.h"

namespace genro::storage::azure {
namespace {

constexpr std::uint64_t kLargestAppend = std::uint64_t{100} << 20;
constexpr std::uint64_t kMovedAtOnce = std::uint64_t{8} << 20;  // of a content that gets blocks

Task<void> append_block(std::shared_ptr<Client> client, std::string path, Body body) {
  Task<Checksum> summing = checksum_of(body, ChecksumAlgorithm::crc64nvme);
  const Checksum checksum = co_await summing;
  HttpRequest request = client->change("PUT", client->key_of(path), {{"comp", "appendblock"}});
  request.add_header("x-ms-content-crc64", crc64_field(checksum));
  request.body = std::move(body);
  Task<HttpHead> appending = perform(std::move(client), std::move(request), "append", path);
  const HttpHead head = co_await appending;
  require_checksum(checksum, crc64_of(head), "append", path);
}

/// From `offset` on.
Task<void> append_blocks(std::shared_ptr<Client> client, std::string path, Body body, std::uint64_t offset) {
  for (; offset < body.size(); offset += kLargestAppend) {
    Task<void> appending =
        append_block(client, path, body.slice(offset, std::min(kLargestAppend, body.size() - offset)));
    co_await appending;
  }
}

/// Takes for granted that there is an append blob. False when there is none, and nothing was done.
Task<bool> try_append(std::shared_ptr<Client> client, std::string path, Body body) {
  const std::uint64_t first = std::min(kLargestAppend, body.size());
  Task<void> beginning = append_block(client, path, body.slice(0, first));
  const Result<void> begun = co_await beginning.as_result();
  if (!begun.ok()) {
    const ErrorCode code = begun.error().code();
    if (code == ErrorCode::not_found || code == ErrorCode::unsupported) co_return false;
    std::rethrow_exception(begun.exception());
  }
  Task<void> going_on = append_blocks(std::move(client), std::move(path), std::move(body), first);
  co_await going_on;
  co_return true;
}

/// False when there is something by now.
Task<bool> create_append_blob(std::shared_ptr<Client> client, std::string path) {
  HttpRequest request = client->change("PUT", client->key_of(path));
  request.add_header("x-ms-blob-type", "AppendBlob");
  add_properties({}, request);
  add_condition(When::if_absent(), request);
  Task<HttpHead> creating = perform(client, std::move(request), "append", path);
  const Result<HttpHead> created = co_await creating.as_result();
  if (!created.ok() && created.error().code() != ErrorCode::precondition_failed)
    std::rethrow_exception(created.exception());
  co_return created.ok();
}

/// The committed blocks whose names are as long as ours: the service takes names of one length only.
Task<std::vector<Block>> blocks_of(std::shared_ptr<Client> client, Entry entry) {
  HttpRequest request = client->request("GET", client->key_of(entry.path), {{"comp", "blocklist"}});
  request.add_header("if-match", quoted_etag(entry.etag));
  Task<HttpObjectClient::Document> asking = client->document(std::move(request), {"append", entry.path});
  const HttpObjectClient::Document answer = co_await asking;
  std::vector<Block> blocks = parse_block_list(answer.body.view());
  const std::size_t length = block_id(0, 0).size();
  std::uint64_t size = 0;
  for (const Block& block : blocks) size += block.id.size() == length ? block.size : 0;
  if (size != entry.size) blocks.clear();
  co_return blocks;
}

/// Puts the old content as blocks; gives their names.
Task<std::vector<std::string>> divide(std::shared_ptr<Client> client, Entry entry, std::uint64_t session) {
  std::vector<std::string> ids;
  const std::uint64_t step =
      std::max(kMovedAtOnce, (entry.size + kLimits.part_count_max - 2) / (kLimits.part_count_max - 1));
  for (std::uint64_t begin = 0; begin < entry.size; begin += step) {
    const ByteRange range{begin, std::min(begin + step, entry.size)};
    HttpRequest request = client->request("GET", client->key_of(entry.path));
    request.add_header("if-match", quoted_etag(entry.etag));
    request.add_header("range", range_value(range));
    Task<HttpObjectClient::Document> reading = client->document(std::move(request), {"append", entry.path});
    HttpObjectClient::Document part = co_await reading;
    if (part.body.size() != range.end - range.begin)
      throw Error(ErrorCode::protocol, "append", entry.path, "the server sent another range than was asked for");
    ids.push_back(block_id(session, static_cast<int>(ids.size()) + 1));
    Task<void> putting = put_block(client, entry.path, ids.back(), Body(std::move(part.body)));
    co_await putting;
  }
  co_return ids;
}

Task<void> append_to_block_blob(std::shared_ptr<Client> client, Entry entry, Body body) {
  const std::uint64_t session = client->random().next();
  Task<std::vector<Block>> asking = blocks_of(client, entry);
  std::vector<Block> blocks = co_await asking;
  std::vector<std::string> ids;
  ids.reserve(blocks.size());
  for (Block& block : blocks) ids.push_back(std::move(block.id));
  if (ids.empty()) {
    Task<std::vector<std::string>> dividing = divide(client, entry, session);
    ids = co_await dividing;
  }
  const std::uint64_t size = entry.size + body.size();
  ids.push_back(block_id(session, static_cast<int>(ids.size()) + 1));
  Task<void> putting = put_block(client, entry.path, ids.back(), std::move(body));
  co_await putting;
  PutOptions options{When::if_match(entry.etag), entry.content_type, entry.metadata, Entry::kNoTime, 0, {}};
  Task<Entry> listing = put_block_list(client, entry.path, std::move(ids), size, std::move(options));
  co_await listing;
}

}  // namespace

Task<void> append_to_blob(std::shared_ptr<Client> client, std::string path, Body body) {
  if (body.size() != 0) {
    Task<bool> trying = try_append(client, path, body);
    const bool appended = co_await trying;
    if (appended) co_return;
  }
  for (bool created = false;;) {
    Task<std::optional<Found>> asking = find_blob(client, path, {}, "append");
    std::optional<Found> found = co_await asking;
    if (!found && !created) {
      Task<bool> creating = create_append_blob(client, path);
      created = co_await creating;
      if (!created) continue;
    } else if (!found) {
      throw Error(ErrorCode::not_found, "append", path, "somebody else removes the blob meanwhile");
    } else if (found->entry.is_directory()) {
      throw Error(ErrorCode::is_directory, "append", path, "a folder, not a file");
    } else if (found->type == "BlockBlob") {
      if (body.size() == 0) co_return;
      Task<void> appending = append_to_block_blob(client, std::move(found->entry), std::move(body));
      co_await appending;
      co_return;
    } else if (found->type != "AppendBlob") {
      throw Error(ErrorCode::unsupported, "append", path,
                  "a page blob has a fixed size: only the rest can be appended to");
    }
    Task<void> appending = append_blocks(client, path, std::move(body), 0);
    co_await appending;
    co_return;
  }
}

}  // namespace genro::storage::azure
