#include "backends/gcs/copy.h"

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

constexpr int kMostSteps = 100'000;  // each of seconds, or of a GiB

Task<Object> rewritten(std::shared_ptr<Client> target, Requests::CopySource source, std::string to, PutOptions options,
                       bool replace) {
  const std::string name = target->config().prefix + to;
  std::string token;
  for (int step_number = 0; step_number < kMostSteps; ++step_number) {
    HttpRequest request = target->requests().rewrite(source, name, options, replace, token);
    Task<Client::Document> sending = target->document(std::move(request), {"copy", to});
    const Client::Document answer = co_await sending;
    Rewrite step = parse_rewrite(answer.body.view());
    if (step.object) co_return std::move(*step.object);
    token = std::move(step.token);
  }
  throw Error(ErrorCode::protocol, "copy", to, "the server copies without end");
}

}  // namespace

Task<Entry> copy_between(std::shared_ptr<Client> source, std::shared_ptr<Client> target, std::string from,
                         std::string to, PutOptions options) {
  Task<Object> looking = existing_object(source, std::move(from), "copy", options.source_version);
  const Object found = co_await looking;
  const bool replace = options.metadata != nullptr || !options.content_type.empty();
  if (replace) options = copied_options(std::move(options), found.entry);
  Requests::CopySource pinned{source->config().bucket, source->config().prefix + found.entry.path, found.entry.etag};
  Task<Object> copying = rewritten(std::move(target), std::move(pinned), to, std::move(options), replace);
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
