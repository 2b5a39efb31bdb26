#include "backends/gcs/upload.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <utility>

#include "backend/body_bytes.h"
#include "backend/finish_or_undo.h"
#include "backend/http/part_tag.h"
#include "backend/part_sizes.h"
#include "backends/gcs/answers.h"
#include "genro/storage/error.h"

namespace genro::storage::gcs {
namespace {

constexpr std::uint64_t kUnit = kLimits.part_size_min;  // all requests but the last carry whole units
constexpr int kGoesOn = 308;
constexpr int kEnded = 499;   // what the server answers to the end of a session
constexpr int kMostIdle = 3;  // answers in a row that say that nothing was stored

/// "bytes=0-1023": how many bytes the server has; 0 without the field.
std::uint64_t stored_in(const HttpHead& head) {
  std::string_view text = head.find("range");
  if (text.empty()) return 0;
  constexpr std::string_view kFirst = "bytes=0-";
  std::uint64_t last = 0;
  const bool begins = text.starts_with(kFirst);
  if (begins) text.remove_prefix(kFirst.size());
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), last);
  if (!begins || status != std::errc() || end != text.data() + text.size() || last == UINT64_MAX) {
    throw Error(ErrorCode::protocol, "the server did not say how much of the upload it has");
  }
  return last + 1;
}

std::string range_of(std::uint64_t begin, std::uint64_t end, const std::string& total) {
  if (begin == end) return "bytes */" + total;
  return "bytes " + std::to_string(begin) + "-" + std::to_string(end - 1) + "/" + total;
}

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
    : client_(std::move(client)), path_(std::move(path)), target_(std::move(target)) {}

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

// --- what is sent ---

/// One request of the session. Afterwards it is known how much the server has, or what it made of all.
Task<void> ResumableUpload::exchange(std::string range, Body body, std::string hash) {
  HttpRequest request;
  request.method = "PUT";
  request.target = target_;
  request.add_header("content-range", range);
  if (!hash.empty()) request.add_header("x-goog-hash", hash);
  request.body = std::move(body);
  RequestContext context{"write", path_};
  context.other_answer = kGoesOn;
  known_ = false;
  Task<Client::Document> sending = client_->document(std::move(request), context);
  Result<Client::Document> sent = co_await sending.as_result();
  if (!sent.ok() && sent.error().code() == ErrorCode::not_found) {
    throw Error(ErrorCode::unavailable, "write", path_, "the server no longer knows the upload: it has to begin anew")
        .with_retryable(false);
  }
  const Client::Document answer = std::move(sent).take();
  if (answer.head.ok()) {
    object_ = answer.body.to_string();
  } else {
    const std::uint64_t stored = stored_in(answer.head);
    if (stored < begin_) throw Error(ErrorCode::protocol, "write", path_, "the server has lost a part of the upload");
    stored_ = stored;
  }
  known_ = true;
}

Task<void> ResumableUpload::ask() { return exchange("bytes */*", {}, {}); }

void ResumableUpload::require_sent(std::uint64_t end) const {
  if (stored_ <= end) return;
  throw Error(ErrorCode::protocol, "write", path_, "the server has more of the upload than was sent");
}

/// `data` stands at begin_. Goes on from where the server stands.
Task<void> ResumableUpload::send_until(Body data, std::uint64_t end, std::string total, std::string hash) {
  const bool last = total != "*";
  for (int idle = 0; object_.empty() && (stored_ < end || last);) {
    if (!known_) {
      Task<void> asking = ask();
      co_await asking;
      require_sent(end);
      continue;
    }
    const std::uint64_t before = stored_;
    Task<void> sending = exchange(range_of(before, end, total), data.slice(before - begin_, end - before), hash);
    co_await sending;
    idle = stored_ > before ? 0 : idle + 1;
    require_sent(end);
    if (object_.empty() && idle == kMostIdle)
      throw Error(ErrorCode::unavailable, "write", path_, "the server acknowledges no bytes of the upload");
  }
  if (!last && !object_.empty())
    throw Error(ErrorCode::protocol, "write", path_, "the server ended an upload that has no end yet");
}

Task<void> ResumableUpload::send(Body body) {
  Task<Body> joining = joined(tail_, std::move(body));
  const Body data = co_await joining;
  const std::uint64_t whole = data.size() / kUnit * kUnit;
  const std::uint64_t end = begin_ + whole;
  Task<void> sending = send_until(data, end, "*", {});
  co_await sending;
  Task<Bytes> reading = bytes_of(data.slice(whole, data.size() - whole));
  tail_ = co_await reading;
  begin_ = end;
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

Task<Entry> ResumableUpload::finish(std::uint64_t size, Checksum checksum) {
  Task<void> sending_kept = send_kept();
  co_await sending_kept;
  if (begin_ + tail_.size() != size)
    throw Error(ErrorCode::invalid_argument, "write", path_, "an upload that lacks a part cannot be completed");
  std::string hash = checksum.known() ? "crc32c=" + checksum.text : std::string();
  Task<void> sending = send_until(Body(tail_), size, std::to_string(size), std::move(hash));
  co_await sending;
  Object stored = parse_object(object_);
  require_checksum(checksum, stored.checksum, "write", path_);
  stored.entry.path = path_;
  co_return std::move(stored.entry);
}

Task<Entry> ResumableUpload::complete(std::vector<std::string> tags) {
  std::vector<PartTag> parts;
  std::uint64_t size = 0;
  for (const std::string& tag : tags) {
    parts.push_back(PartTag::parse(tag));
    size += parts.back().size;
  }
  return finish(size, combine(parts));
}

Task<void> ResumableUpload::abort() {
  if (!object_.empty()) co_return;
  HttpRequest request;
  request.method = "DELETE";
  request.target = target_;
  RequestContext context{"write", path_};
  context.absent_is_answer = true;  // it has ended before
  context.other_answer = kEnded;
  Task<std::unique_ptr<HttpResponse>> sending = client_->send(std::move(request), context);
  std::unique_ptr<HttpResponse> response = co_await sending;
  Task<void> ending = response->discard();
  co_await ending;
}

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
