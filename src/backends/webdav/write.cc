#include "backends/webdav/write.h"

#include <array>
#include <optional>
#include <utility>

#include "backend/finish_or_undo.h"
#include "backend/http/checksum.h"
#include "backend/http/conditions.h"
#include "backend/put_body.h"
#include "backend/unfinished_upload.h"
#include "backends/webdav/transfer.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "core/path.h"
#include "loop/loop.h"
#include "loop/task_group.h"

namespace genro::storage::webdav {
namespace {

constexpr std::uint64_t kWorthAsking = std::uint64_t{1} << 20;  // bytes that are not sent before the server wants them
/// A server may act on a request after its caller has given up; these long after, what it made is removed once more.
constexpr std::array<Duration, 2> kLateAnswers = {std::chrono::seconds(1), std::chrono::seconds(20)};

std::string unfinished_path(Client& client, const std::string& path) {
  return path::join(path::parent(path), unfinished_upload_name(client.random()));
}

Task<std::string> sha1_of(Body body) {
  Task<Checksum> summing = checksum_of(std::move(body), ChecksumAlgorithm::sha1);
  const Checksum sum = co_await summing;
  co_return hex_encode(base64_decode(sum.text).value());
}

/// PUT; makes the folders that the file is to be in.
Task<void> send(std::shared_ptr<Client> client, std::string path, Body body, PutOptions options) {
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
    const Result<HttpHead> sent = co_await sending.as_result();
    if (sent.ok()) co_return;
    if (!made && means_no_folder(sent.error())) {
      Task<bool> making = make_folders(client, std::string(path::parent(path)));
      const Result<bool> done = co_await making.as_result();
      if (done.ok()) continue;  // made here, or by somebody else just now
    }
    Task<void> explaining = explain(client, path, sent.error());
    co_await explaining;
  }
}

// --- cleaning up after a failed PUT ---

/// A PUT without an answer may have arrived whole, and be stored after its DELETE.
Task<void> remove_late(std::shared_ptr<Client> client, std::string path) {
  co_await hop();  // so that the cancelled caller's stack is not used
  Context& context = co_await current_context();
  for (const Duration after : kLateAnswers) {
    static_cast<void>(co_await sleep_until(loop_of(context).now() + after));
    context.scope->check();
    Task<void> removing = remove_at(client, path, "write");
    const Result<void> ignored = co_await removing.as_result();
    static_cast<void>(ignored);
  }
  client->given_up().forget(std::string(path::name(path)));
}

/// Removes an unfinished file, even if the operation was cancelled. Failures are ignored.
Task<void> take_back(std::shared_ptr<Client> client, std::string unfinished) {
  Task<void> shielding = shielded(remove_at(std::move(client), std::move(unfinished), "write"), kAbortWithin);
  const Result<void> ignored = co_await shielding.as_result();
  static_cast<void>(ignored);
}

/// The same after a PUT that failed with `failure`, which may have been stored all the same.
Task<void> take_back_sent(std::shared_ptr<Client> client, std::string unfinished, Error failure) {
  const ErrorCode code = failure.code();
  const bool answered = code != ErrorCode::cancelled && code != ErrorCode::timeout && code != ErrorCode::connection;
  if (!answered) client->given_up().add(std::string(path::name(unfinished)));
  Task<void> taking = take_back(client, unfinished);
  co_await taking;
  if (answered) co_return;
  Context& context = co_await current_context();
  StartOptions on_loop;
  on_loop.loop = background_loop(context);
  remove_late(std::move(client), std::move(unfinished)).start(on_loop, [](Result<void>) {});
}

// --- to its place ---

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
    if (there && there->entry.is_directory())
      throw Error(ErrorCode::is_directory, "write", path, "a directory is there");
    if (there) break;
    if (tries == kTries)
      throw Error(ErrorCode::protocol, "write", path,
                  "the server reports a conflict with an object that it does not list");
  }
  Task<void> replacing = transfer(client, client->request("MOVE", unfinished), path, true);
  co_await replacing;
}

/// The same if what is there is as the writer wants it. No If goes with the MOVE: some servers take any ETag in it for a lock
/// that they do not know, and refuse.
Task<void> publish_if(std::shared_ptr<Client> client, std::string unfinished, std::string path, When when) {
  const bool absent = when.kind == When::Kind::if_absent;
  if (!absent) {
    Task<std::optional<Resource>> looking = client->look(path, "write");
    const std::optional<Resource> there = co_await looking;
    if (!there || there->entry.etag != when.etag)
      throw Error(ErrorCode::precondition_failed, "write", path,
                  there ? "another content is there" : "there is no file");
  }
  Task<void> moving = transfer(client, client->request("MOVE", std::move(unfinished)), path, !absent);
  co_await moving;
}

Task<void> put_in_steps(std::shared_ptr<Client> client, std::string path, Body body, PutOptions options) {
  const std::string unfinished = unfinished_path(*client, path);
  const When when = std::exchange(options.when, When::always());
  Task<void> sending = send(client, unfinished, std::move(body), std::move(options));
  const Result<void> sent = co_await sending.as_result();
  if (!sent.ok()) {
    Task<void> ending = take_back_sent(client, unfinished, sent.error());
    co_await ending;
    std::rethrow_exception(sent.exception());
  }
  Task<void> publishing =
      when.kind == When::Kind::always ? publish(client, unfinished, path) : publish_if(client, unfinished, path, when);
  const Result<void> published = co_await publishing.as_result();
  if (published.ok()) co_return;
  Task<void> ending = take_back(client, unfinished);
  co_await ending;
  std::rethrow_exception(published.exception());
}

}  // namespace

Task<void> remove_at(std::shared_ptr<Client> client, std::string path, std::string operation) {
  HttpRequest request = client->request("DELETE", path);
  request.idempotent = true;
  Task<HttpHead> removing =
      client->change(std::move(request), {.operation = operation, .path = path, .absent_is_answer = true});
  co_await removing;
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

Task<Entry> put_content(std::shared_ptr<Client> client, std::string path, Body body, PutOptions options) {
  const std::uint64_t size = body.size();
  if (options.when.kind == When::Kind::if_match && options.when.etag.empty())
    throw Error(ErrorCode::unsupported, "write", path,
                "the server gives the file no ETag, so that only its whole content can be replaced, unconditionally");
  const Config& config = client->config();
  bool direct = config.replace == Replace::direct || (config.replace == Replace::by_server && config.nextcloud);
  // Conditions of HTTP do not hold on Apache: its ETags are weak for a second, and never the same as any other then.
  if (!direct && config.replace == Replace::by_server && options.when.kind == When::Kind::always) {
    Task<Abilities> asking = client->abilities();
    const Abilities server = co_await asking;
    direct = server.replaces;
  }
  Task<void> putting = direct ? send(client, path, std::move(body), std::move(options))
                              : put_in_steps(client, path, std::move(body), std::move(options));
  co_await putting;
  Task<Entry> looking = written(std::move(client), std::move(path), size);
  co_return co_await looking;
}

namespace {

/// COPY to the unfinished name; if the caller is cancelled, the copy is removed once the server has made it.
Task<void> copied_beside(std::shared_ptr<Client> client, HttpRequest request, std::string unfinished) {
  auto undo = [client, unfinished](const Result<void>&) { return remove_at(client, unfinished, "write"); };
  return finish_or_undo<void>(transfer(client, std::move(request), unfinished, true), std::move(undo));
}

Task<void> copy_in_steps(std::shared_ptr<Client> client, HttpRequest request, std::string to) {
  const std::string unfinished = unfinished_path(*client, to);
  Task<void> copying = copied_beside(client, std::move(request), unfinished);
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
  if (found->entry.is_directory()) throw Error(ErrorCode::is_directory, "copy", from, "a directory, not a file");
  HttpRequest request = source->request("COPY", from);
  request.add_header("depth", "0");
  Task<void> copying = copy_in_steps(client, std::move(request), to);
  co_await copying;
  Task<Entry> asking = written(std::move(client), std::move(to), found->entry.size);
  co_return co_await asking;
}

}  // namespace genro::storage::webdav
