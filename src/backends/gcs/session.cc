#include "backends/gcs/session.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "backends/gcs/answers.h"
#include "genro/storage/error.h"

namespace genro::storage::gcs {
namespace {

constexpr int kGoesOn = 308;
constexpr int kEnded = 499;   // what the server answers to the end of a session
constexpr int kMostIdle = 3;  // answers in a row that say that next to nothing was stored

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

}  // namespace

UploadSession::UploadSession(std::shared_ptr<Client> client, std::string path, std::string target)
    : client_(std::move(client)), path_(std::move(path)), target_(std::move(target)) {}

/// One request of the session. Afterwards it is known how much the server has, or what it made of all.
Task<void> UploadSession::exchange(std::string range, Body body, std::string hash) {
  HttpRequest request;
  request.method = "PUT";
  request.target = target_;
  request.add_header("content-range", range);
  if (!hash.empty()) request.add_header("x-goog-hash", hash);
  request.body = std::move(body);
  if (aborted_) throw Error(ErrorCode::unavailable, "write", path_, "the upload was given up").with_retryable(false);
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
    finished_ = true;
  } else {
    const std::uint64_t stored = stored_in(answer.head);
    if (stored < begin_) throw Error(ErrorCode::protocol, "write", path_, "the server has lost a part of the upload");
    stored_ = stored;
  }
  known_ = true;
}

void UploadSession::require_sent(std::uint64_t end) const {
  if (stored_ <= end) return;
  throw Error(ErrorCode::protocol, "write", path_, "the server has more of the upload than was sent");
}

/// `data` stands at begin_. Goes on from where the server stands. A server that stores little of what it gets is sent little at
/// once: what is sent again is never more than what was stored.
Task<void> UploadSession::send_until(Body data, std::uint64_t end, bool last, std::string hash) {
  const std::string total = last ? std::to_string(end) : "*";
  std::uint64_t most = UINT64_MAX;  // bytes of one request
  for (int idle = 0; object_.empty() && (stored_ < end || last);) {
    if (!known_) {
      Task<void> asking = exchange("bytes */*", {}, {});
      co_await asking;
      require_sent(end);
      continue;
    }
    const std::uint64_t before = stored_;
    const std::uint64_t until = end - before > most ? before + most : end;
    const bool whole = until == end;
    Task<void> sending =
        exchange(range_of(before, until, total), data.slice(before - begin_, until - before), whole ? hash : "");
    co_await sending;
    require_sent(until);
    if (!object_.empty()) break;
    const std::uint64_t progress = stored_ > before ? stored_ - before : 0;
    idle = progress >= kUnit || (progress != 0 && stored_ == end) ? 0 : idle + 1;
    if (idle == kMostIdle)
      throw Error(ErrorCode::unavailable, "write", path_, "the server acknowledges no bytes of the upload");
    if (stored_ == until) {
      most = most > UINT64_MAX / 2 ? most : 2 * most;
    } else {
      most = std::max(progress / kUnit, std::uint64_t{1}) * kUnit;
    }
  }
  if (!last && !object_.empty())
    throw Error(ErrorCode::protocol, "write", path_, "the server ended an upload that has no end yet");
}

Task<void> UploadSession::send(Body data) {
  const std::uint64_t end = begin_ + data.size();
  Task<void> sending = send_until(std::move(data), end, false, {});
  co_await sending;
  begin_ = end;
}

Task<Entry> UploadSession::finish(Body rest, Checksum whole) {
  const std::uint64_t end = begin_ + rest.size();
  std::string hash = whole.known() ? "crc32c=" + whole.text : std::string();
  Task<void> sending = send_until(std::move(rest), end, true, std::move(hash));
  co_await sending;
  Object stored = parse_object(object_);
  require_checksum(whole, stored.checksum, "write", path_);
  stored.entry.path = path_;
  co_return std::move(stored.entry);
}

Task<void> UploadSession::abort() {
  if (finished_) co_return;
  aborted_ = true;
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

}  // namespace genro::storage::gcs
