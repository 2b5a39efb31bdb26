#include "backends/gcs/remove.h"

#include <exception>
#include <optional>
#include <utility>

#include "backend/http/batch.h"
#include "backends/gcs/answers.h"
#include "backends/gcs/copy.h"
#include "genro/storage/error.h"

namespace genro::storage::gcs {

namespace {

constexpr int kOther = 412;  // another content than the one that was to go: that one is gone

/// One request. Absent is success, and so is `also`.
Task<bool> deleted_once(std::shared_ptr<Client> client, HttpRequest request, std::string path,
                        std::string_view operation, int also) {
  RequestContext context{operation, path};
  context.absent_is_answer = true;
  context.other_answer = also;
  Task<Client::Document> sending = client->document(std::move(request), context);
  const Client::Document answer = co_await sending;
  const bool failed = answer.head.status == 404 && Client::bucket_is_missing(answer.body.view());
  if (!failed) co_return answer.head.status != 404;
  throw client->error_of_answer(answer.head, answer.body.view())
      .with_operation(std::string(operation))
      .with_where(std::move(path));
}

Task<bool> deleted_current(std::shared_ptr<Client> client, std::string path, std::string_view operation) {
  const std::string name = client->config().prefix + path;
  std::string only_if;
  if (client->unclear().has(path)) {
    Task<std::optional<Object>> looking = look_up(client, path, {}, operation);
    const std::optional<Object> there = co_await looking;
    if (!there) {
      client->unclear().settle(path);
      co_return true;  // it was, before the try that failed
    }
    only_if = there->entry.etag;
  }
  Task<bool> deleting =
      deleted_once(client, client->requests().remove(name, {}, only_if), path, operation, only_if.empty() ? 0 : kOther);
  Result<bool> result = co_await deleting.as_result();
  if (result.ok()) {
    client->unclear().settle(path);
    co_return result.value();
  }
  client->unclear().note(result.error(), path);
  std::rethrow_exception(result.exception());
}

}  // namespace

Task<bool> delete_object(std::shared_ptr<Client> client, std::string path, std::string version,
                         std::string_view operation) {
  if (version.empty()) return deleted_current(std::move(client), std::move(path), operation);
  require_generation(version, operation, path);
  HttpRequest request = client->requests().remove(client->config().prefix + path, version);
  return deleted_once(std::move(client), std::move(request), std::move(path), operation, 0);
}

namespace {

/// What a call of a batch came to.
struct Deleted {
  bool absent = false;
  std::optional<Error> error;
};

Task<std::vector<Deleted>> deleted(std::shared_ptr<Client> client, HttpRequest request, std::size_t count,
                                   std::string_view operation) {
  Task<Client::Document> sending = client->document(std::move(request), {operation, ""});
  const Client::Document answer = co_await sending;
  std::vector<Deleted> results(count);
  const std::vector<BatchAnswer> answers = parse_batch(answer.body.view(), answer.head.content_type(), count);
  for (std::size_t i = 0; i < count; ++i) {
    const BatchAnswer& one = answers[i];
    results[i].absent = one.head.status == 404 && !Client::bucket_is_missing(one.body);
    if (!one.head.ok() && !results[i].absent)
      results[i].error = client->error_of_answer(one.head, one.body).with_operation(std::string(operation));
  }
  co_return results;
}

}  // namespace

Task<std::vector<RemoveFailure>> delete_objects(std::shared_ptr<Client> client, std::vector<std::string> paths,
                                                std::vector<std::string>* absent) {
  std::vector<std::string> names;
  for (const std::string& path : paths) names.push_back(client->config().prefix + path);
  HttpRequest request = client->requests().remove_many(names);
  Task<std::vector<Deleted>> deleting = deleted(client, std::move(request), names.size(), "delete");
  Result<std::vector<Deleted>> results = co_await deleting.as_result();
  if (!results.ok()) {
    for (const std::string& path : paths) client->unclear().note(results.error(), path);
    std::rethrow_exception(results.exception());
  }
  std::vector<RemoveFailure> failures;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const Deleted& result = results.value()[i];
    if (result.error) {
      client->unclear().note(*result.error, paths[i]);
      failures.push_back({paths[i], result.error->with_where(paths[i])});
    } else if (result.absent) {
      absent->push_back(std::move(paths[i]));
    }
  }
  co_return failures;
}

Task<std::vector<VersionFailure>> delete_versions(std::shared_ptr<Client> client, std::string path,
                                                  std::vector<std::string> versions) {
  HttpRequest request = client->requests().remove_versions(client->config().prefix + path, versions);
  Task<std::vector<Deleted>> deleting = deleted(client, std::move(request), versions.size(), "delete version");
  const std::vector<Deleted> results = co_await deleting;
  std::vector<VersionFailure> failures;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (results[i].error) failures.push_back({versions[i], results[i].error->with_where(path)});
  }
  co_return failures;
}

}  // namespace genro::storage::gcs
