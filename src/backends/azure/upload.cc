#include "backends/azure/upload.h"

#include <algorithm>
#include <utility>

#include "backend/http/conditions.h"
#include "backend/http/part_tag.h"
#include "backend/part_sizes.h"
#include "backends/azure/blob.h"
#include "backends/azure/tags.h"
#include "codec/base64.h"

namespace genro::storage::azure {
namespace {

class BlockUpload final : public LeafUpload {
 public:
  BlockUpload(std::shared_ptr<Client> client, std::string path, PutOptions options)
      : client_(std::move(client)),
        path_(std::move(path)),
        options_(std::move(options)),
        session_(client_->random().next()) {}

  Task<std::string> part(int number, Body body) override {
    PartTag tag{block_id(session_, number), body.size(), {}};
    Task<void> putting = put_block(client_, path_, tag.etag, std::move(body));
    co_await putting;
    co_return tag.to_string();
  }

  Task<Entry> complete(std::vector<std::string> tags) override {
    std::vector<std::string> ids;
    std::uint64_t size = 0;
    for (const std::string& tag : tags) {
      PartTag part = PartTag::parse(tag);
      size += part.size;
      ids.push_back(std::move(part.etag));
    }
    return put_block_list(client_, path_, std::move(ids), size, options_);
  }

  Task<void> abort() override { co_return; }

  std::uint64_t part_size(std::uint64_t total_size) const override {
    return part_size_for(kLimits, total_size, client_->config().part_size);
  }

 private:
  std::shared_ptr<Client> client_;
  std::string path_;
  PutOptions options_;
  std::uint64_t session_;  // two uploads of one name must not put each other's blocks
};

}  // namespace

std::string block_id(std::uint64_t session, int number) {
  std::string name = std::to_string(number);
  name.insert(0, 8 - std::min<std::size_t>(name.size(), 8), '0');
  for (int shift = 60; shift >= 0; shift -= 4) name += "0123456789abcdef"[session >> shift & 15];
  return base64_encode(name);
}

Task<Entry> put_blob(std::shared_ptr<Client> client, std::string path, Body body, PutOptions options) {
  const std::uint64_t size = body.size();
  if (size > kLimits.single_put_max)
    throw Error(ErrorCode::unsupported, "write", path, "more than 5000 MiB go up in blocks only, without 'store_md5'");
  Task<PutOptions> asking = with_tags(client, path, {}, std::move(options));
  options = co_await asking;
  Task<Checksum> summing = checksum_of(body, ChecksumAlgorithm::crc64nvme);
  const Checksum checksum = co_await summing;
  HttpRequest request = client->change("PUT", client->key_of(path));
  request.add_header("x-ms-blob-type", "BlockBlob");
  add_properties(options, request);
  add_tier(client->config(), options, request);
  add_condition(options.when, request);
  request.add_header("x-ms-content-crc64", crc64_field(checksum));
  request.body = std::move(body);
  request.idempotent = options.when.kind == When::Kind::always;
  Task<HttpHead> putting = perform(client, std::move(request), "write", path);
  const HttpHead head = co_await putting;
  require_checksum(checksum, crc64_of(head), "write", path);
  Entry entry = stored_entry(head, std::move(path), size);
  entry.md5 = md5_of(head.find("content-md5"));
  co_return entry;
}

Task<void> put_block(std::shared_ptr<Client> client, std::string path, std::string id, Body body) {
  Task<Checksum> summing = checksum_of(body, ChecksumAlgorithm::crc64nvme);
  const Checksum checksum = co_await summing;
  HttpRequest request = client->change("PUT", client->key_of(path), {{"comp", "block"}, {"blockid", std::move(id)}});
  request.add_header("x-ms-content-crc64", crc64_field(checksum));
  request.body = std::move(body);
  request.idempotent = true;
  Task<HttpHead> putting = perform(std::move(client), std::move(request), "write", path);
  const HttpHead head = co_await putting;
  require_checksum(checksum, crc64_of(head), "write", path);
}

Task<Entry> put_block_list(std::shared_ptr<Client> client, std::string path, std::vector<std::string> ids,
                           std::uint64_t size, PutOptions options) {
  if (ids.size() > kLimits.part_count_max)
    throw Error(ErrorCode::unsupported, "write", path,
                "a blob has at most 50,000 blocks: write it anew, or in larger parts");
  Task<PutOptions> asking = with_tags(client, path, {}, std::move(options));
  options = co_await asking;
  HttpRequest request = client->change("PUT", client->key_of(path), {{"comp", "blocklist"}});
  add_properties(options, request);
  add_tier(client->config(), options, request);
  add_condition(options.when, request);
  std::string document = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
  for (const std::string& id : ids) document.append("<Latest>").append(id).append("</Latest>");
  document += "</BlockList>";
  request.add_header("content-type", "application/xml");
  request.body = Body(Bytes::copy_of(document));
  request.add_header("x-ms-content-crc64",
                     crc64_field(checksum_of(request.body.pieces(), ChecksumAlgorithm::crc64nvme)));
  // Under no condition the same list makes the same blob again.
  request.idempotent = options.when.kind == When::Kind::always;
  Task<HttpHead> putting = perform(std::move(client), std::move(request), "write", path);
  const HttpHead head = co_await putting;
  if (head.etag().empty())
    throw Error(ErrorCode::protocol, "write", path, "the server did not acknowledge the blob with an ETag");
  co_return stored_entry(head, std::move(path), size);
}

std::unique_ptr<Upload> make_upload(std::shared_ptr<Client> client, std::string path, PutOptions options) {
  return std::make_unique<BlockUpload>(std::move(client), std::move(path), std::move(options));
}

}  // namespace genro::storage::azure
