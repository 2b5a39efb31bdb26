#include "backends/azure/append.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "backend/http/body_reader.h"
#include "backend/http/checksum.h"
#include "backend/http/conditions.h"
#include "backend/http/content_range.h"
#include "backend/part_sizes.h"
#include "backends/azure/blob.h"
#include "backends/azure/pages.h"
#include "backends/azure/upload.h"

namespace genro::storage::azure {
namespace {

constexpr std::uint64_t kLargestAppend = std::uint64_t{100} << 20;
constexpr std::uint64_t kMovedAtOnce = std::uint64_t{8} << 20;  // of a content that gets blocks
constexpr int kMostLooks = 3;

// --- append blobs ---

/// What has been appended so far.
struct Appended {
  std::uint64_t count = 0;             // bytes
  std::optional<std::uint64_t> begin;  // in the blob, once the service has said where
};

/// The first block goes wherever the blob ends, each other one only behind the one before.
Task<void> append_block(std::shared_ptr<Client> client, std::string path, Body body, Appended* appended) {
  const std::uint64_t size = body.size();
  Task<Checksum> summing = checksum_of(body, ChecksumAlgorithm::crc64nvme);
  const Checksum checksum = co_await summing;
  HttpRequest request = client->change("PUT", client->key_of(path), {{"comp", "appendblock"}});
  request.add_header("x-ms-content-crc64", crc64_field(checksum));
  if (appended->begin)
    request.add_header("x-ms-blob-condition-appendpos", std::to_string(*appended->begin + appended->count));
  request.body = std::move(body);
  Task<HttpHead> appending = perform(std::move(client), std::move(request), "append", path);
  const HttpHead head = co_await appending;
  require_checksum(checksum, crc64_of(head), "append", path);
  const std::string_view offset = head.find("x-ms-blob-append-offset");
  std::uint64_t begin = 0;
  const auto [end, status] = std::from_chars(offset.data(), offset.data() + offset.size(), begin);
  if (appended->count == 0 && status == std::errc()) appended->begin = begin;
  appended->count += size;
}

Task<void> append_blocks(std::shared_ptr<Client> client, std::string path, Body body, Appended* appended) {
  while (appended->count < body.size()) {
    const std::uint64_t size = std::min(kLargestAppend, body.size() - appended->count);
    Task<void> appending = append_block(client, path, body.slice(appended->count, size), appended);
    const Result<void> done = co_await appending.as_result();
    if (done.ok()) continue;
    if (!appended->begin || done.error().code() != ErrorCode::precondition_failed)
      std::rethrow_exception(done.exception());
    throw Error(
        ErrorCode::precondition_failed, "append", path,
        "somebody else appended, too: of this only the first " + std::to_string(appended->count) + " bytes are there");
  }
}

/// Takes for granted that there is an append blob. False when there is none, and nothing was done.
Task<bool> try_append(std::shared_ptr<Client> client, std::string path, Body body) {
  Appended appended;
  Task<void> appending = append_blocks(std::move(client), std::move(path), std::move(body), &appended);
  const Result<void> done = co_await appending.as_result();
  if (done.ok()) co_return true;
  const ErrorCode code = done.error().code();
  if (appended.count == 0 && (code == ErrorCode::not_found || code == ErrorCode::unsupported)) co_return false;
  std::rethrow_exception(done.exception());
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

// --- block blobs ---

/// The names of the committed blocks. None when the content is not in blocks, or in some whose names are of another length
/// than ours: the service takes names of one length only.
Task<std::vector<std::string>> blocks_of(std::shared_ptr<Client> client, const Entry* entry) {
  HttpRequest request = client->request("GET", client->key_of(entry->path), {{"comp", "blocklist"}});
  request.add_header("if-match", quoted_etag(entry->etag));
  Task<HttpObjectClient::Document> asking = client->document(std::move(request), {"append", entry->path});
  const HttpObjectClient::Document answer = co_await asking;
  std::vector<std::string> ids;
  std::uint64_t size = 0;
  for (Block& block : parse_block_list(answer.body.view())) {
    if (block.id.size() != block_id(0, 0).size()) co_return std::vector<std::string>();
    size += block.size;
    ids.push_back(std::move(block.id));
  }
  if (size != entry->size) ids.clear();
  co_return ids;
}

/// A range of which the service gives a checksum, so that no byte is stored again that was damaged on its way.
Task<Bytes> read_summed(std::shared_ptr<Client> client, const Entry* entry, ByteRange range) {
  HttpRequest request = client->request("GET", client->key_of(entry->path));
  request.add_header("if-match", quoted_etag(entry->etag));
  request.add_header("range", range_value(range));
  request.add_header("x-ms-range-get-content-crc64", "true");
  Task<std::unique_ptr<HttpResponse>> sending = client->send(std::move(request), {"append", entry->path});
  std::unique_ptr<HttpResponse> response = co_await sending;
  Checksum expected = crc64_of(response->head);
  HttpBodyReader reader(std::move(response), entry->path, range, &entry_of, std::move(expected));
  Task<Bytes> reading = reader.read_all();
  co_return co_await reading;
}

/// Puts a part of the old content as a block.
Task<void> move_part(std::shared_ptr<Client> client, const Entry* entry, ByteRange range, std::string id) {
  std::vector<Bytes> pieces;
  for (std::uint64_t begin = range.begin; begin < range.end; begin += kLargestSummedRange) {
    Task<Bytes> reading = read_summed(client, entry, {begin, std::min(begin + kLargestSummedRange, range.end)});
    pieces.push_back(co_await reading);
  }
  Task<void> putting = put_block(std::move(client), entry->path, std::move(id), Body(std::move(pieces)));
  co_await putting;
}

Task<void> append_to_block_blob(std::shared_ptr<Client> client, Entry entry, Body body) {
  const std::uint64_t session = client->random().next();
  Task<std::vector<std::string>> asking = blocks_of(client, &entry);
  std::vector<std::string> ids = co_await asking;
  const auto add_id = [&] { return ids.emplace_back(block_id(session, static_cast<int>(ids.size()) + 1)); };
  if (ids.empty()) {
    Limits but_one = kLimits;
    --but_one.part_count_max;
    const std::uint64_t step = part_size_for(but_one, entry.size, kMovedAtOnce);
    for (std::uint64_t begin = 0; begin < entry.size; begin += step) {
      Task<void> moving = move_part(client, &entry, {begin, std::min(begin + step, entry.size)}, add_id());
      co_await moving;
    }
  }
  const std::uint64_t size = entry.size + body.size();
  Task<void> putting = put_block(client, entry.path, add_id(), std::move(body));
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
  for (int look = 0; look < kMostLooks; ++look) {
    Task<std::optional<Found>> asking = find_blob(client, path, {}, "append");
    std::optional<Found> found = co_await asking;
    if (!found) {
      Task<bool> creating = create_append_blob(client, path);
      const bool created = co_await creating;
      if (!created) continue;
    } else if (found->entry.is_directory()) {
      throw Error(ErrorCode::is_directory, "append", path, "a directory, not a file");
    } else if (found->type == "BlockBlob") {
      if (body.size() == 0) co_return;
      Task<void> appending = append_to_block_blob(client, std::move(found->entry), std::move(body));
      co_await appending;
      co_return;
    } else if (found->type != "AppendBlob") {
      throw Error(ErrorCode::unsupported, "append", path,
                  "a page blob has a fixed size: only the rest can be appended to");
    }
    Appended appended;
    Task<void> appending = append_blocks(client, path, std::move(body), &appended);
    co_await appending;
    co_return;
  }
  throw Error(ErrorCode::protocol, "append", path, "the server finds no such blob, and makes none since there is one");
}

}  // namespace genro::storage::azure
