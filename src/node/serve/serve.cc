// Node::serve: a file as an HTTP response. First a look at the file (a plain GET opens it at once, so that it costs one
// request), then the conditions, then the ranges; a file that is replaced between look and opening is looked at again.
#include "genro/storage/serve.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "codec/http_date.h"
#include "core/env.h"
#include "genro/storage/node.h"
#include "net/ascii.h"
#include "net/content_disposition.h"
#include "net/serve_conditions.h"
#include "net/serve_ranges.h"
#include "node/guard.h"
#include "node/mimetypes.h"
#include "node/serve/serve_body.h"
#include "node/snapshot.h"

namespace genro::storage {
namespace {

constexpr int kLooks = 3;  // at a file that keeps changing

struct Question {
  ServeRequest request;
  ServeOptions options;
  std::string basename;
  bool get = true;  // else HEAD
  bool has(std::string_view name) const { return request.header(name).has_value(); }
  /// Whether the answer may turn out to be no content, or not all of it: then the file is not opened before it is known.
  bool conditional() const {
    return !get || std::any_of(request.headers.begin(), request.headers.end(), [](const auto& field) {
      return equal_ignoring_case(field.first, "Range") ||
             (field.first.size() > 3 && equal_ignoring_case(std::string_view(field.first).substr(0, 3), "If-"));
    });
  }
};

struct Look {
  std::optional<Entry> entry;      // nothing is there
  std::unique_ptr<Reader> reader;  // of the whole content, unread
};

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 412: return "Precondition Failed";
    default: return "Range Not Satisfiable";
  }
}

ServeResponse without_file(int status, const Question& question, HeaderFields more = {}) {
  const std::string_view text = reason_of(status);
  ServeResponse response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain"}, {"Content-Length", std::to_string(text.size())}};
  for (auto& field : more) response.headers.push_back(std::move(field));
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (question.get) response.body.append(Bytes::copy_of(text));
  return response;
}

void require_file(const Entry& entry, const Mount& mount, const std::string& path) {
  if (entry.is_file()) return;
  throw failure(ErrorCode::invalid_argument, "serve", mount, path,
                entry.is_directory() ? "a directory cannot be served" : "not a file");
}

Task<Look> stat_file(MountPointer mount, std::string path) {
  Look look;
  Task<std::optional<Entry>> looking = mount->backend->stat(path);
  Result<std::optional<Entry>> found = co_await looking.as_result();
  if (found.ok()) {
    look.entry = std::move(found.value());
  } else if (!means_absent(found.error().code())) {
    throw located(found.error(), "serve", *mount, path);
  }
  if (look.entry) require_file(*look.entry, *mount, path);
  co_return look;
}

/// Opens the file. If that fails, asks for its entry to distinguish a missing file from a directory.
Task<Look> open_file(MountPointer mount, std::string path) {
  Look look;
  Task<std::unique_ptr<Reader>> opening = mount->backend->read(path, {});
  Result<std::unique_ptr<Reader>> opened = co_await opening.as_result();
  if (opened.ok()) {
    look.reader = std::move(opened.value());
    look.entry = look.reader->entry();
    co_return look;
  }
  const Error error = opened.error();
  if (!means_absent(error.code()) && error.code() != ErrorCode::is_directory) {
    throw located(error, "serve", *mount, path);
  }
  Task<Look> looking = stat_file(mount, path);
  look = co_await looking;
  if (look.entry) throw located(error, "serve", *mount, path);
  co_return look;
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.begin) + '-' + std::to_string(range.end - 1) + '/' + std::to_string(size);
}

/// A text that no file contains by accident.
std::string new_boundary() {
  constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuv";
  std::string boundary = "genro-";
  for (int i = 0; i < 2; ++i) {
    std::uint64_t bits = Env::system().random->next();
    for (int j = 0; j < 12; ++j, bits >>= 5U) boundary += kLetters[bits & 31U];
  }
  return boundary;
}

/// multipart/byteranges (RFC 9110 section 14.6).
void append_parts(ServeBody& body, const std::vector<ByteRange>& ranges, const std::string& boundary,
                  const std::string& type, std::uint64_t size) {
  std::string separator = "--" + boundary;
  for (const ByteRange& range : ranges) {
    body.append(Bytes::copy_of(separator + "\r\nContent-Type: " + type +
                               "\r\nContent-Range: " + content_range(range, size) + "\r\n\r\n"));
    body.append(range.begin, range.end);
    separator = "\r\n--" + boundary;
  }
  body.append(Bytes::copy_of(separator + "--\r\n"));
}

class Answer {
 public:
  Answer(MountPointer mount, std::string path, const Question& question, Entry entry)
      : mount_(std::move(mount)),
        question_(question),
        entry_(std::move(entry)),
        source_(std::make_shared<ServeBody::Source>(mount_, std::move(path), entry_)),
        validators_(validators_of(entry_, mount_->caps.coarse_times)) {}

  /// Everything but the content.
  ServeResponse response() {
    switch (evaluate_conditions(question_.request, validators_)) {
      case Verdict::failed: return without_file(412, question_);
      case Verdict::not_modified: return not_modified();
      case Verdict::proceed: break;
    }
    AskedRanges asked;
    const std::optional<std::string> field = question_.request.header("Range");
    const bool ranged = question_.get && field && mount_->caps.seek;
    if (ranged && range_still_valid(question_.request, validators_, Env::system().clock->wall_ns())) {
      asked = parse_ranges(*field, entry_.size);
    }
    if (asked.kind == AskedRanges::Kind::unsatisfiable) {
      return without_file(416, question_, {{"Content-Range", "bytes */" + std::to_string(entry_.size)}});
    }
    return content(asked.ranges);
  }

  /// Opens the file if the response has content of it; `reader`: what is open already.
  Task<void> open(ServeBody& body, std::unique_ptr<Reader> reader) {
    if (body.size() == 0 || !body.source()) co_return;
    if (!reader || first_.begin != 0) {
      Task<std::unique_ptr<Reader>> opening = ServeBody::Source::open(mount_, source_->path, entry_, first_);
      reader = co_await opening;
    }
    source_->adopt(std::move(reader));
    if (body.chunk_count() == 1) {  // all of it now: what fails does so before the head is sent
      Task<Bytes> reading = body.chunk(0);
      Bytes content = co_await reading;
      body = ServeBody(std::move(content));
    }
  }

 private:
  ServeResponse not_modified() const {
    ServeResponse response;
    response.status = 304;
    if (!validators_.etag.empty()) response.headers.emplace_back("ETag", '"' + validators_.etag + '"');
    append_cache_control(response.headers);
    return response;
  }

  void append_cache_control(HeaderFields& headers) const {
    const auto& age = question_.options.cache_max_age;
    if (age) headers.emplace_back("Cache-Control", "max-age=" + std::to_string(*age));
  }

  ServeResponse content(const std::vector<ByteRange>& ranges) {
    const ServeOptions& options = question_.options;
    ServeResponse response;
    ServeBody& body = response.body;
    std::string type = options.mimetype;
    response.status = ranges.empty() ? 200 : 206;
    if (ranges.size() > 1) {
      const std::string boundary = new_boundary();
      append_parts(body, ranges, boundary, type, entry_.size);
      type = "multipart/byteranges; boundary=" + boundary;
    } else {
      body.append(ranges.empty() ? 0 : ranges.front().begin, ranges.empty() ? entry_.size : ranges.front().end);
    }
    HeaderFields& headers = response.headers;
    if (!validators_.etag.empty()) headers.emplace_back("ETag", '"' + validators_.etag + '"');
    headers.emplace_back("Content-Type", type);
    headers.emplace_back("Content-Length", std::to_string(body.size()));
    if (options.download || !options.download_name.empty()) {
      const std::string& name = options.download_name.empty() ? question_.basename : options.download_name;
      headers.emplace_back("Content-Disposition", content_disposition(name));
    }
    append_cache_control(headers);
    if (entry_.mtime_ns != Entry::kNoTime) headers.emplace_back("Last-Modified", http_date(entry_.mtime_ns));
    headers.emplace_back("Accept-Ranges", mount_->caps.seek ? "bytes" : "none");
    if (ranges.size() == 1) headers.emplace_back("Content-Range", content_range(ranges.front(), entry_.size));
    headers.emplace_back("X-Content-Type-Options", "nosniff");
    if (!question_.get) body = ServeBody();
    body.set_source(source_);
    first_ = ranges.empty() ? ByteRange{0, entry_.size} : ranges.front();
    return response;
  }

  const MountPointer mount_;
  const Question& question_;
  const Entry entry_;
  const std::shared_ptr<ServeBody::Source> source_;
  const Validators validators_;
  ByteRange first_;  // what is sent first
};

Task<ServeResponse> answer_once(MountPointer mount, std::string path, const Question* question) {
  Task<Look> looking = question->conditional() ? stat_file(mount, path) : open_file(mount, path);
  Look look = co_await looking;
  if (!look.entry) co_return without_file(404, *question);
  Answer answer(mount, path, *question, std::move(*look.entry));
  ServeResponse response = answer.response();
  Task<void> opening = answer.open(response.body, std::move(look.reader));
  co_await opening;
  co_return response;
}

Task<ServeResponse> serve_file(MountPointer mount, std::string path, Question question) {
  question.get = question.request.method == "GET";
  if (!question.get && question.request.method != "HEAD") {
    question.get = true;  // the explanation is sent
    co_return without_file(405, question, {{"Allow", "GET, HEAD"}});
  }
  if (mount == detached_mount() || mount->content) co_return without_file(404, question);
  Task<MountPointer> pinning = pinned(mount, path);
  Result<MountPointer> one_version = co_await pinning.as_result();
  if (!one_version.ok()) {
    const ErrorCode code = one_version.error().code();
    if (means_absent(code) || code == ErrorCode::out_of_range) co_return without_file(404, question);
    std::rethrow_exception(one_version.exception());
  }
  mount = std::move(one_version.value());
  for (int look = 1;; ++look) {
    Task<ServeResponse> answering = answer_once(mount, path, &question);
    Result<ServeResponse> response = co_await answering.as_result();
    if (response.ok()) co_return std::move(response.value());
    const ErrorCode code = response.error().code();
    const bool changing = code == ErrorCode::precondition_failed || code == ErrorCode::truncated ||
                          code == ErrorCode::out_of_range || code == ErrorCode::not_found;
    if (!changing || look == kLooks) std::rethrow_exception(response.exception());
  }
}

}  // namespace

std::string ServeResponse::status_line() const { return std::to_string(status) + ' ' + std::string(reason_of(status)); }

Task<ServeResponse> Node::serve(ServeRequest request, ServeOptions options) const {
  if (options.mimetype.empty()) options.mimetype = mimetype();
  check_mimetype(options.mimetype);
  return serve_file(mount_or_detached(), path_,
                    {std::move(request), std::move(options), std::string(basename()), true});
}

}  // namespace genro::storage
