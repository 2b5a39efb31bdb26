#include "backends/gcs/upload.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "backend/body_bytes.h"
#include "backend/finish_or_undo.h"
#include "backend/http/part_tag.h"
#include "backend/part_sizes.h"
#include "genro/storage/error.h"

namespace genro::storage::gcs {
namespace {

Task<Body> joined(Bytes first, Body rest) {
  if (first.empty()) co_return rest;
  std::vector<Bytes> pieces{std::move(first)};
  if (rest.is_file()) {
    Task<Bytes> reading = bytes_of(std::move(rest));
    pieces.push_back(co_await reading);
  } else {
    pieces.insert(pieces.end(), rest.pieces().begin(), rest.pieces().end());
  }
  co_return Body(std::move(pieces));
}

}  // namespace

ResumableUpload::ResumableUpload(std::shared_ptr<Client> client, std::string path, std::string target)
    : client_(client),
      path_(path),
      session_(std::make_shared<UploadSession>(std::move(client), std::move(path), std::move(target))) {}

std::uint64_t ResumableUpload::part_size(std::uint64_t total_size) const {
  return part_size_for(kLimits, total_size, client_->config().part_size);
}

// --- turns ---

Task<ResumableUpload::Turn> ResumableUpload::take_turn(int number, Body body, std::string sum) {
  co_await hop();
  Context& context = co_await current_context();
  loop_of(context);
  for (;;) {
    std::unique_lock lock(mutex_);
    if (number < next_ && sums_[number] != sum) {
      throw Error(ErrorCode::unsupported, "write", path_, "a part that was sent cannot be replaced by another one");
    }
    if (number < next_) co_return Turn::done;
    sums_[number] = sum;
    kept_[number] = body;
    bool all_given = true;
    for (int before = next_; before < number; ++before) all_given = all_given && kept_.contains(before);
    if (!all_given) co_return Turn::kept;  // who waits for this part may give those before it only afterwards
    if (!busy_) {
      busy_ = true;
      co_return Turn::mine;
    }
    const WaitStatus status = co_await waiting_.wait(std::move(lock), kNever);
    if (status != WaitStatus::ready) throw_wait(status, context, "waiting for the parts before this one");
  }
}

void ResumableUpload::end_turn() noexcept {
  const std::lock_guard lock(mutex_);
  busy_ = false;
  waiting_.wake_all();
}

/// In a turn: what is to be sent now, if it was given already.
std::optional<Body> ResumableUpload::next_kept() {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(next_);
  return found == kept_.end() ? std::nullopt : std::optional(found->second);
}

/// In a turn: all that follows one another.
Task<void> ResumableUpload::send_kept() {
  for (std::optional<Body> body = next_kept(); body; body = next_kept()) {
    Task<void> sending = send(std::move(*body));
    co_await sending;
    const std::lock_guard lock(mutex_);
    kept_.erase(next_++);
  }
}

Task<void> ResumableUpload::send(Body body) {
  Task<Body> joining = joined(tail_, std::move(body));
  const Body data = co_await joining;
  const std::uint64_t whole = data.size() / UploadSession::kUnit * UploadSession::kUnit;
  Task<void> sending = session_->send(data.slice(0, whole));
  co_await sending;
  Task<Bytes> reading = bytes_of(data.slice(whole, data.size() - whole));
  tail_ = co_await reading;
}

Task<std::string> ResumableUpload::part(int number, Body body) {
  PartTag tag;
  tag.size = body.size();
  Task<Checksum> summing = checksum_of(body, ChecksumAlgorithm::crc32c);
  tag.checksum = co_await summing;
  Task<Turn> waiting = take_turn(number, body, tag.checksum.text);
  const Turn turn = co_await waiting;
  if (turn != Turn::mine) co_return tag.to_string();
  Task<void> sending = send_kept();
  const Result<void> sent = co_await sending.as_result();
  end_turn();
  if (!sent.ok()) std::rethrow_exception(sent.exception());
  co_return tag.to_string();
}

// --- the end ---

namespace {

Task<Entry> finished(std::shared_ptr<UploadSession> session, Body rest, Checksum whole) {
  Task<Entry> finishing = session->finish(std::move(rest), std::move(whole));
  co_return co_await finishing;
}

/// Its owner aborts a stopped upload, which may come before the server refuses to end it as an object.
Task<void> undone(std::shared_ptr<UploadSession> session, Result<Entry> result) {
  if (result.ok()) co_return;
  Task<void> aborting = session->abort();
  co_await aborting;
}

}  // namespace

Task<Entry> ResumableUpload::complete(std::vector<std::string> tags) {
  std::vector<PartTag> parts;
  std::uint64_t size = 0;
  for (const std::string& tag : tags) {
    parts.push_back(PartTag::parse(tag));
    size += parts.back().size;
  }
  Task<void> sending_kept = send_kept();
  co_await sending_kept;
  if (session_->begin() + tail_.size() != size)
    throw Error(ErrorCode::invalid_argument, "write", path_, "an upload that lacks a part cannot be completed");
  Task<Entry> finishing =
      finish_or_undo<Entry>(finished(session_, Body(tail_), combine(parts)),
                            [session = session_](Result<Entry> result) { return undone(session, std::move(result)); });
  co_return co_await finishing;
}

Task<void> ResumableUpload::abort() { return session_->abort(); }

namespace {

Task<std::unique_ptr<Upload>> started(std::shared_ptr<Client> client, std::string path, PutOptions options) {
  const std::string name = client->config().prefix + path;
  HttpRequest request = client->requests().start_upload(name, options, client->wall_ns());
  Task<Client::Document> sending = client->document(std::move(request), {"write", path});
  const Client::Document answer = co_await sending;
  const std::string_view location = answer.head.find("location");
  if (location.empty()) throw Error(ErrorCode::protocol, "write", path, "the server did not say where the upload goes");
  // Only path and query of it: the token is for the server that the mount names.
  std::string target = Uri::parse(location).target();
  co_return std::make_unique<ResumableUpload>(std::move(client), std::move(path), std::move(target));
}

Task<void> taken_back(Result<std::unique_ptr<Upload>> upload) {
  if (!upload.ok()) co_return;
  Task<void> aborting = upload.value()->abort();
  co_await aborting;
}

}  // namespace

Task<std::unique_ptr<Upload>> start_upload(std::shared_ptr<Client> client, std::string path, PutOptions options) {
  return finish_or_undo<std::unique_ptr<Upload>>(started(std::move(client), std::move(path), std::move(options)),
                                                 taken_back);
}

}  // namespace genro::storage::gcs
