#include "backends/gcs/copy.h"

#include <exception>
#include <utility>

#include "backend/http/checksum.h"
#include "backend/kept.h"
#include "genro/storage/error.h"

namespace genro::storage::gcs {

Task<std::optional<Object>> look_up(std::shared_ptr<Client> client, std::string path, ReadOptions options,
                                    std::string_view operation) {
  require_generation(options.version, operation, path);
  RequestContext context{operation, path};
  context.absent_is_answer = true;
  HttpRequest request = client->requests().stat(client->config().prefix + path, options.version);
  Task<Client::Document> asking = client->document(std::move(request), context);
  const Client::Document answer = co_await asking;
  if (!answer.head.ok()) co_return std::nullopt;
  Object object = parse_object(answer.body.view());
  require_same(options.if_match, object.entry.etag, operation, path);
  object.entry.path = std::move(path);
  co_return object;
}

Task<Object> existing_object(std::shared_ptr<Client> client, std::string path, std::string_view operation,
                             std::string version) {
  ReadOptions which;
  which.version = std::move(version);
  Task<std::optional<Object>> looking = look_up(std::move(client), path, std::move(which), operation);
  std::optional<Object> found = co_await looking;
  if (!found) throw Error(ErrorCode::not_found, std::string(operation), path, "no such object");
  co_return std::move(*found);
}

namespace {

constexpr int kMostIdleSteps = 20;  // steps in a row that copy nothing

Task<Object> rewritten(std::shared_ptr<Client> target, Requests::CopySource source, std::string to, PutOptions options,
                       bool replace) {
  const std::string name = target->config().prefix + to;
  Rewrite step;
  for (int idle = 0; idle < kMostIdleSteps;) {
    HttpRequest request = target->requests().rewrite(source, name, options, replace, step.token);
    Task<Client::Document> sending = target->document(std::move(request), {"copy", to});
    const Client::Document answer = co_await sending;
    Rewrite next = parse_rewrite(answer.body.view());
    if (next.object) co_return std::move(*next.object);
    idle = next.copied > step.copied ? 0 : idle + 1;
    step = std::move(next);
  }
  throw Error(ErrorCode::protocol, "copy", to, "the server goes on copying and copies nothing");
}

/// Over whatever is there; after a try that may have had its effect, only over what is there now.
Task<Object> rewritten_over(std::shared_ptr<Client> target, Requests::CopySource source, std::string to,
                            PutOptions options, bool replace) {
  UnclearChanges& unclear = target->unclear();
  if (unclear.has(to)) {
    Task<std::optional<Object>> looking = look_up(target, to, {}, "copy");
    const std::optional<Object> there = co_await looking;
    options.when = there ? When::if_match(there->entry.etag) : When::if_absent();
  }
  Task<Object> copying = rewritten(target, std::move(source), to, options, replace);
  Result<Object> made = co_await copying.as_result();
  if (made.ok()) {
    unclear.settle(to);
    co_return std::move(made).take();
  }
  const Error error = made.error();
  unclear.note(error, to);
  // Somebody wrote between the look and the copy: whoever repeats this looks again.
  if (options.when.kind != When::Kind::always && error.code() == ErrorCode::precondition_failed)
    throw Error(ErrorCode::unavailable, "copy", to, "the file was replaced while it was copied over")
        .with_retryable(true);
  std::rethrow_exception(made.exception());
}

}  // namespace

Task<Entry> copy_between(std::shared_ptr<Client> source, std::shared_ptr<Client> target, std::string from,
                         std::string to, PutOptions options) {
  Task<Object> looking = existing_object(source, std::move(from), "copy", options.source_version);
  const Object found = co_await looking;
  const bool replace = options.metadata != nullptr || !options.content_type.empty();
  if (replace) options = copied_options(std::move(options), found.entry);
  Requests::CopySource pinned{source->config().bucket, source->config().prefix + found.entry.path, found.entry.etag};
  const bool over = options.when.kind == When::Kind::always;
  Task<Object> copying = over ? rewritten_over(std::move(target), std::move(pinned), to, std::move(options), replace)
                              : rewritten(std::move(target), std::move(pinned), to, std::move(options), replace);
  Object made = co_await copying;
  require_checksum(found.checksum, made.checksum, "copy", to);
  made.entry.path = std::move(to);
  co_return std::move(made.entry);
}

Task<void> replace_metadata(std::shared_ptr<Client> client, std::string path, Metadata metadata) {
  Task<Object> looking = existing_object(client, path, "set metadata", {});
  const Object found = co_await looking;
  HttpRequest request = client->requests().set_metadata(client->config().prefix + path, *found.entry.metadata, metadata,
                                                        found.entry.etag, found.metageneration);
  Task<Client::Document> sending = client->document(std::move(request), {"set metadata", path});
  const Client::Document answer = co_await sending;
  static_cast<void>(parse_object(answer.body.view()));
}

}  // namespace genro::storage::gcs
