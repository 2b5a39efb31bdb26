#include "backends/webdav/upload.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "backend/finish_or_undo.h"
#include "backend/http/conditions.h"
#include "backend/http/part_tag.h"
#include "backend/marked_digits.h"
#include "backend/part_sizes.h"
#include "backend/unfinished_upload.h"
#include "backends/webdav/transfer.h"
#include "backends/webdav/write.h"
#include "codec/digest.h"
#include "codec/hex.h"

namespace genro::storage::webdav {
namespace {

class ChunkedUpload final : public LeafUpload {
 public:
  ChunkedUpload(std::shared_ptr<Client> client, std::string path, std::string folder, PutOptions options)
      : client_(std::move(client)), path_(std::move(path)), folder_(std::move(folder)), options_(std::move(options)) {}

  Task<std::string> part(int number, Body body) override;
  Task<Entry> complete(std::vector<std::string> tags) override;
  Task<void> abort() override;
  std::uint64_t part_size(std::uint64_t total_size) const override {
    return part_size_for(limits_of(client_->config()), total_size, client_->config().chunk_size);
  }
  Task<void> create();

 private:
  HttpRequest request(std::string_view method, std::string_view name) const {
    HttpRequest made;
    made.method = method;
    made.target = folder_;
    if (!name.empty()) made.target.append("/").append(name);
    return made;
  }
  std::string destination() const { return client_->url(client_->target(path_)); }

  std::shared_ptr<Client> client_;
  std::string path_;
  std::string folder_;  // a target
  PutOptions options_;
};

Task<void> ChunkedUpload::create() {
  HttpRequest making = request("MKCOL", "");
  making.add_header("destination", destination());
  Task<HttpHead> sending = client_->change(std::move(making), {"write", path_});
  co_await sending;
}

Task<std::string> ChunkedUpload::part(int number, Body body) {
  PartTag tag;
  tag.size = body.size();
  std::string name = std::to_string(number);
  name.insert(0, 5 - std::min<std::size_t>(5, name.size()), '0');  // put together in order of names
  HttpRequest sending = request("PUT", name);
  sending.add_header("destination", destination());
  sending.body = std::move(body);
  Task<HttpHead> putting = client_->change(std::move(sending), {"write", path_});
  const HttpHead head = co_await putting;
  tag.etag = head.etag().empty() ? std::move(name) : std::string(plain_etag(head.etag()));
  co_return tag.to_string();
}

Task<void> aborted(std::shared_ptr<Client> client, std::string path, HttpRequest request) {
  RequestContext context{.operation = "write", .path = path, .absent_is_answer = true};  // completed or aborted before
  Task<HttpHead> removing = client->change(std::move(request), context);
  co_await removing;
}

Task<void> ChunkedUpload::abort() { return aborted(client_, path_, request("DELETE", "")); }

Task<Entry> put_together(std::shared_ptr<Client> client, HttpRequest request, std::string path, std::uint64_t size,
                         bool replace) {
  Task<std::optional<Resource>> asking = client->look(path, "write");
  const std::optional<Resource> there = co_await asking;
  if (there && there->entry.is_directory()) throw Error(ErrorCode::is_directory, "write", path, "a directory is there");
  Task<void> moving = transfer(client, std::move(request), path, replace);
  const Result<void> done = co_await moving.as_result();
  if (!done.ok()) {
    Task<void> explaining = explain(client, path, done.error());
    co_await explaining;
  }
  Task<Entry> looking = written(std::move(client), std::move(path), size);
  co_return co_await looking;
}

/// Of the sessions of all mounts with this root: an account has one place for the uploads of all that it can reach.
std::string session_prefix(const Client& client) {
  constexpr std::size_t kRootDigits = 8;
  return "genro-storage-" + hex_encode(Sha256::of(client.config().root)).substr(0, kRootDigits) + "-";
}

Task<Entry> ChunkedUpload::complete(std::vector<std::string> tags) {
  std::uint64_t size = 0;
  for (const std::string& tag : tags) size += PartTag::parse(tag).size;
  HttpRequest moving = request("MOVE", ".file");
  moving.add_header("oc-total-length", std::to_string(size));
  add_time(options_.mtime_ns, moving);
  const std::string at = destination();
  if (options_.when.kind == When::Kind::if_match)
    moving.add_header("if", "<" + at + "> ([" + quoted_etag(options_.when.etag) + "])");
  const bool replace = options_.when.kind != When::Kind::if_absent;
  // Its owner aborts a stopped upload, which may come before the server has put it together.
  auto undo = [client = client_, path = path_, folder = request("DELETE", "")](const Result<Entry>& result) {
    return result.ok() ? ready() : aborted(client, path, folder);
  };
  Task<Entry> completing =
      finish_or_undo<Entry>(put_together(client_, std::move(moving), path_, size, replace), std::move(undo));
  co_return co_await completing;
}

Task<std::unique_ptr<Upload>> created(std::unique_ptr<ChunkedUpload> upload) {
  Task<void> creating = upload->create();
  co_await creating;
  co_return upload;
}

/// What nobody waits for any more.
Task<void> taken_back(Result<std::unique_ptr<Upload>> upload) {
  if (!upload.ok()) co_return;
  Task<void> aborting = upload.value()->abort();
  co_await aborting;
}

}  // namespace

Task<std::unique_ptr<Upload>> start_upload(std::shared_ptr<Client> client, std::string path, PutOptions options) {
  std::string folder = client->config().uploads + "/" + session_prefix(*client) + marked_digits(client->random());
  auto upload =
      std::make_unique<ChunkedUpload>(std::move(client), std::move(path), std::move(folder), std::move(options));
  return finish_or_undo<std::unique_ptr<Upload>>(created(std::move(upload)), taken_back);
}

Task<void> clean_uploads(std::shared_ptr<Client> client, double older_than, std::vector<std::string>* removed) {
  const std::string& uploads = client->config().uploads;
  const std::string prefix = session_prefix(*client);
  Task<std::optional<Members>> asking = client->members_at(uploads + "/", "", "cleanup");
  const std::optional<Members> found = co_await asking;
  if (!found) co_return;  // nobody has sent a file in parts yet
  for (const Entry& entry : found->entries) {
    const std::string_view name = entry.path;
    const bool ours = name.starts_with(prefix) && are_marked_digits(name.substr(prefix.size()));
    if (!ours || !is_as_old_as(entry, older_than, client->wall_ns())) continue;
    HttpRequest request;
    request.method = "DELETE";
    request.target = uploads + "/" + entry.path;
    Task<void> removing = aborted(client, entry.path, std::move(request));
    co_await removing;
    removed->push_back(entry.path);
  }
}

}  // namespace genro::storage::webdav
