#include "backends/webdav/write.h"

#include <array>
#include <utility>

#include "backend/body_bytes.h"
#include "backend/http/conditions.h"
#include "backend/put_body.h"
#include "backends/webdav/locking.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "core/path.h"
#include "loop/loop.h"
#include "loop/task_group.h"

namespace genro::storage::webdav {
namespace {

constexpr std::string_view kUnfinished = ".genro-storage-";
constexpr std::string_view kUnfinishedEnd = ".tmp";
constexpr std::size_t kUnfinishedDigits = 16;
constexpr std::uint64_t kWorthAsking = std::uint64_t{1} << 20;  // bytes that are not sent before the server wants them
constexpr Duration kTimeStep = std::chrono::milliseconds(20);   // of the times of a file system's files, at most

std::string unfinished_path(Client& client, const std::string& path) {
  const std::array<std::uint64_t, 1> bits{client.random().next()};
  return path::join(path::parent(path), std::string(kUnfinished) + hex_encode(std::as_bytes(std::span(bits))) +
                                            std::string(kUnfinishedEnd));
}

Task<std::string> sha1_of(Body body) {
  constexpr std::uint64_t kStep = std::uint64_t{1} << 20;
  Sha1 digest;
  for (std::uint64_t at = 0; at < body.size(); at += kStep) {
    Task<Bytes> reading = bytes_of(body.slice(at, std::min(kStep, body.size() - at)));
    const Bytes piece = co_await reading;
    digest.update(piece.span());
  }
  co_return hex_encode(digest.finish());
}

bool means_no_folder(const Error& error) { return error.code() == ErrorCode::not_found; }

/// PUT; makes the folders that the file is to be in.
Task<HttpHead> send(std::shared_ptr<Client> client, std::string path, Body body, PutOptions options) {
  HttpRequest request = client->request("PUT", path);
  request.expect_continue = body.size() >= kWorthAsking;
  request.idempotent = options.when.kind == When::Kind::always;
  if (!options.content_type.empty()) request.add_header("content-type", options.content_type);
  add_condition(options.when, request);
  if (client->config().nextcloud) {
    Task<std::string> summing = sha1_of(body);
    const std::string sum = co_await summing;
    request.add_header("oc-checksum", "SHA1:" + sum);
    add_time(options.mtime_ns, request);
  }
  request.body = std::move(body);
  for (bool made = false;; made = true) {
    Task<HttpHead> sending = client->change(request, {"write", path});
    Result<HttpHead> sent = co_await sending.as_result();
    if (sent.ok()) co_return std::move(sent).take();
    if (!made && means_no_folder(sent.error())) {
      Task<bool> making = make_folders(client, std::string(path::parent(path)));
      const Result<bool> done = co_await making.as_result();
      if (done.ok()) continue;  // made here, or by somebody else just now
    }
    Task<void> explaining = explain(client, path, sent.error());
    co_await explaining;
  }
}

Task<void> removed(std::shared_ptr<Client> client, std::string path, std::string condition) {
  HttpRequest request = client->request("DELETE", path);
  request.idempotent = true;
  if (!condition.empty()) request.add_header("if", condition);
  Task<HttpHead> removing = client->change(std::move(request), {"write", path});
  co_await removing;
}

/// Also when the operation was stopped; failures are of no interest: the name is nobody's.
Task<void> take_back(std::shared_ptr<Client> client, std::string path, std::string condition = {}) {
  Task<void> shielding = shielded(removed(std::move(client), std::move(path), std::move(condition)), kAbortWithin);
  const Result<void> ignored = co_await shielding.as_result();
  static_cast<void>(ignored);
}

/// Moves what was sent under another name to its place, whatever file is there. Only over a file that is seen there: MOVE would
/// replace a folder as well, and a server may take another place for the one that is meant.
Task<void> publish(std::shared_ptr<Client> client, std::string unfinished, std::string path) {
  constexpr int kTries = 3;
  for (int tries = 1;; ++tries) {
    Task<void> moving = transfer(client, client->request("MOVE", unfinished), path, false);
    const Result<void> moved = co_await moving.as_result();
    if (moved.ok()) co_return;
    if (moved.error().code() != ErrorCode::precondition_failed) std::rethrow_exception(moved.exception());
    Task<std::optional<Resource>> looking = client->look(path, "write");
    const std::optional<Resource> there = co_await looking;
    if (there && there->entry.is_directory()) throw Error(ErrorCode::is_directory, "write", path, "a folder is there");
    if (there) break;
    if (tries == kTries)
      throw Error(ErrorCode::protocol, "write", path, "the server finds something there that it does not show");
  }
  Task<void> replacing = transfer(client, client->request("MOVE", unfinished), path, true);
  co_await replacing;
}

/// A content on its way to its place: sent under another name already, or still to be sent.
struct Content {
  std::string unfinished;  ///< "" = still to be sent
  Body body;
  PutOptions options;
};

/// If what is there is as the writer wants it.
Task<void> publish_if(std::shared_ptr<Client> client, Content content, std::string path, When when) {
  Task<std::unique_ptr<HttpResponse>> asking =
      client->send(client->request("HEAD", path), {.operation = "write", .path = path, .absent_is_answer = true});
  const std::unique_ptr<HttpResponse> found = co_await asking;
  const bool there = found->head.ok();
  const bool absent = when.kind == When::Kind::if_absent;
  const bool wanted = absent ? !there : there && plain_etag(found->head.etag()) == when.etag;
  if (!wanted)
    throw Error(ErrorCode::precondition_failed, "write", path, there ? "another content is there" : "there is no file");
  if (found->head.etag().starts_with("W/")) {  // it is of a time, in steps: the next content has to have another one
    Context& context = co_await current_context();
    co_await hop();
    static_cast<void>(co_await sleep_until(loop_of(context).now() + kTimeStep));
    context.scope->check();
  }
  if (content.unfinished.empty()) {
    Task<HttpHead> sending = send(client, path, std::move(content.body), std::move(content.options));
    co_await sending;
    co_return;
  }
  Task<void> moving = transfer(client, client->request("MOVE", content.unfinished), path, !absent);
  co_await moving;
}

/// Where writers of one path meet: its own lock would go with the file that is replaced, and may make an empty one.
std::string guard_of(const std::string& path) {
  const std::string name = hex_encode(Sha256::of(path::name(path))).substr(0, kUnfinishedDigits);
  return path::join(path::parent(path), std::string(kUnfinished) + name + std::string(kUnfinishedEnd));
}

/// The same while no other writer of this kind does.
Task<void> publish_locked(std::shared_ptr<Client> client, Content content, std::string path, When when) {
  const std::string guard = guard_of(path);
  Task<Lock> locking = lock(client, guard);
  Result<Lock> locked = co_await locking.as_result();
  if (!locked.ok() && means_no_folder(locked.error()) && when.kind == When::Kind::if_absent) {
    Task<bool> making = make_folders(client, std::string(path::parent(path)));
    const Result<bool> made = co_await making.as_result();
    Task<Lock> again = lock(client, guard);
    locked = co_await again.as_result();
  }
  if (!locked.ok()) {
    Task<void> explaining = explain(client, path, locked.error());
    co_await explaining;
  }
  const Lock held = std::move(locked).take();
  Task<void> publishing = publish_if(client, std::move(content), path, std::move(when));
  const Result<void> published = co_await publishing.as_result();
  if (held.created) {
    Task<void> removing = take_back(client, guard, if_locked(*client, guard, held));
    co_await removing;
  }
  Task<void> unlocking = shielded(unlock(client, guard, held), kAbortWithin);
  const Result<void> unlocked = co_await unlocking.as_result();
  static_cast<void>(unlocked);
  if (!published.ok()) std::rethrow_exception(published.exception());
}

}  // namespace

bool is_unfinished_name(std::string_view name) noexcept {
  return name.size() == kUnfinished.size() + kUnfinishedDigits + kUnfinishedEnd.size() &&
         name.starts_with(kUnfinished) && name.ends_with(kUnfinishedEnd);
}

Task<bool> make_folders(std::shared_ptr<Client> client, std::string path) {
  // Upward to the first that is there, then downward. The steps above the mount's own root are steps of its target.
  std::vector<std::string> targets{client->target(path)};
  bool made = false;
  bool upward = true;
  bool repeated = false;
  while (!targets.empty()) {
    HttpRequest request;
    request.method = "MKCOL";
    request.target = targets.back() + (targets.back().ends_with('/') ? "" : "/");
    Task<HttpHead> making = client->change(std::move(request), {"write", path});
    const Result<HttpHead> done = co_await making.as_result();
    const std::size_t slash = targets.back().rfind('/');
    if (done.ok() || done.error().code() == ErrorCode::unsupported) {  // HTTP 405: it is there
      made = made || done.ok();
      upward = repeated = false;
      targets.pop_back();
    } else if (upward && means_no_folder(done.error()) && slash != 0 && slash != std::string::npos) {
      targets.push_back(targets.back().substr(0, slash));
    } else if (
        !repeated) {  // somebody else may have made it at the same moment, which servers call all sorts of things
      repeated = true;
    } else {
      std::rethrow_exception(done.exception());
    }
  }
  co_return made;
}

Task<void> explain(std::shared_ptr<Client> client, std::string path, Error refusal) {
  const ErrorCode code = refusal.code();
  const bool odd = code == ErrorCode::not_found || code == ErrorCode::unsupported ||
                   code == ErrorCode::invalid_argument || code == ErrorCode::permission_denied ||
                   code == ErrorCode::unavailable;
  if (!odd) throw refusal;
  Task<std::optional<Resource>> looking = client->look(path, "write");
  const std::optional<Resource> there = co_await looking;
  if (there && there->entry.is_directory()) throw Error(ErrorCode::is_directory, "write", path, "a folder is there");
  for (std::string_view around = path::parent(path); !there && !around.empty(); around = path::parent(around)) {
    Task<std::optional<Resource>> asking = client->look(std::string(around), "write");
    const std::optional<Resource> above = co_await asking;
    if (above && above->entry.is_directory()) break;
    if (above)
      throw Error(ErrorCode::not_directory, "write", path, "'" + std::string(around) + "' is a file, not a folder");
  }
  throw refusal;
}

Task<void> transfer(std::shared_ptr<Client> client, HttpRequest request, std::string to, bool replace) {
  Task<Abilities> asking = client->abilities();
  const Abilities server = co_await asking;
  const bool odd =
      std::any_of(to.begin(), to.end(), [](char c) { return c == '?' || c == ';' || (c >= 0 && c < ' '); });
  if (server.cuts_targets && odd)
    throw Error(
        ErrorCode::unsupported, "write", to,
        "wsgidav cuts the target of a COPY or MOVE at '?' and ';': mount it with 'replace': 'direct' to write it");
  const bool folder = request.target.ends_with('/');
  request.add_header("destination", client->url(client->target(to)) + (folder ? "/" : ""));
  request.add_header("overwrite", replace ? "T" : "F");
  for (bool made = false;; made = true) {
    Task<HttpHead> sending = client->change(request, {"write", to});
    const Result<HttpHead> sent = co_await sending.as_result();
    if (sent.ok()) co_return;
    const Error error = sent.error();
    if (made || (!means_no_folder(error) && error.code() != ErrorCode::unavailable)) throw error;
    Task<bool> making = make_folders(client, std::string(path::parent(to)));  // mod_dav says 500 where one is missing
    Result<bool> done = co_await making.as_result();
    if (!done.ok() || (!done.value() && !means_no_folder(error))) throw error;
  }
}

Task<Entry> written(std::shared_ptr<Client> client, std::string path, std::uint64_t size) {
  Task<std::optional<Resource>> looking = client->look(path, "write");
  std::optional<Resource> found = co_await looking;
  if (found && found->entry.is_file() && found->entry.size == size) co_return std::move(found->entry);
  Entry entry;  // somebody else has written or removed it meanwhile
  entry.path = std::move(path);
  entry.size = size;
  co_return entry;
}

namespace {

Task<void> put_in_steps(std::shared_ptr<Client> client, std::string path, Body body, PutOptions options) {
  const std::string unfinished = unfinished_path(*client, path);
  const When when = std::exchange(options.when, When::always());
  Task<HttpHead> sending = send(client, unfinished, std::move(body), std::move(options));
  const Result<HttpHead> sent = co_await sending.as_result();
  std::exception_ptr failure = sent.ok() ? nullptr : sent.exception();
  if (!failure) {
    Task<void> publishing = when.kind == When::Kind::always ? publish(client, unfinished, path)
                                                            : publish_locked(client, {unfinished, {}, {}}, path, when);
    const Result<void> published = co_await publishing.as_result();
    if (published.ok()) co_return;
    failure = published.exception();
  }
  Task<void> ending = take_back(client, unfinished);
  co_await ending;
  std::rethrow_exception(failure);
}

}  // namespace

Task<Entry> put_content(std::shared_ptr<Client> client, std::string path, Body body, PutOptions options) {
  const std::uint64_t size = body.size();
  const Replace replace = client->config().replace;
  const bool conditional = options.when.kind != When::Kind::always;
  if (options.when.kind == When::Kind::if_match && options.when.etag.empty())
    throw Error(ErrorCode::unsupported, "write", path,
                "the server gives the file no ETag, so that only its whole content can be replaced, unconditionally");
  Abilities server{.locks = false, .replaces = client->config().nextcloud};
  if ((replace == Replace::by_server || conditional) && !client->config().nextcloud) {
    Task<Abilities> asking = client->abilities();
    server = co_await asking;
  }
  const bool direct = replace == Replace::direct || (replace == Replace::by_server && server.replaces);
  if (conditional && server.locks && direct) {
    const When when = std::exchange(options.when, When::always());
    Task<void> putting = publish_locked(client, {{}, std::move(body), std::move(options)}, path, when);
    co_await putting;
  } else if (conditional ? server.locks : !direct) {
    Task<void> putting = put_in_steps(client, path, std::move(body), std::move(options));
    co_await putting;
  } else {
    Task<HttpHead> sending = send(client, path, std::move(body), std::move(options));
    const HttpHead head = co_await sending;
    static_cast<void>(head);
  }
  Task<Entry> looking = written(std::move(client), std::move(path), size);
  co_return co_await looking;
}

namespace {

Task<void> copy_in_steps(std::shared_ptr<Client> client, HttpRequest request, std::string to) {
  const std::string unfinished = unfinished_path(*client, to);
  Task<void> copying = transfer(client, std::move(request), unfinished, true);
  const Result<void> copied = co_await copying.as_result();
  std::optional<Error> failure;
  if (copied.ok()) {
    Task<void> publishing = publish(client, unfinished, to);
    const Result<void> published = co_await publishing.as_result();
    if (published.ok()) co_return;
    failure = published.error();
  }
  Task<void> ending = take_back(client, unfinished);
  co_await ending;
  Task<void> explaining = explain(client, to, failure ? *failure : copied.error());
  co_await explaining;
}

}  // namespace

Task<Entry> copy_content(std::shared_ptr<Client> source, std::shared_ptr<Client> client, std::string from,
                         std::string to) {
  Task<std::optional<Resource>> looking = source->look(from, "copy");
  const std::optional<Resource> found = co_await looking;
  if (!found) throw Error(ErrorCode::not_found, "copy", from, "there is no such file");
  if (found->entry.is_directory()) throw Error(ErrorCode::is_directory, "copy", from, "a folder, not a file");
  HttpRequest request = source->request("COPY", from);
  request.add_header("depth", "0");
  Task<void> copying = copy_in_steps(client, std::move(request), to);
  co_await copying;
  Task<Entry> asking = written(std::move(client), std::move(to), found->entry.size);
  co_return co_await asking;
}

}  // namespace genro::storage::webdav
