#include "backends/azure/remove.h"

#include <utility>

#include "backend/http/batch.h"
#include "backends/azure/blob.h"
#include "backends/azure/error.h"

namespace genro::storage::azure {
namespace {

HttpRequest delete_request(const Client& client, const std::string& path, const std::string& version) {
  Query query;
  add_version(version, query);
  HttpRequest request = client.change("DELETE", client.key_of(path), query);
  if (version.empty() && client.config().delete_snapshots) request.add_header("x-ms-delete-snapshots", "include");
  request.idempotent = true;
  return request;
}

}  // namespace

Task<void> delete_blob(std::shared_ptr<Client> client, std::string path, std::string version,
                       std::string_view operation) {
  Task<HttpObjectClient::Document> sending =
      client->document(delete_request(*client, path, version), {operation, path, true});
  const HttpObjectClient::Document answer = co_await sending;
  if (answer.head.ok() || code_in(answer.head) == "BlobNotFound") co_return;
  const Error error = error_of(answer.head, answer.body.view(), client->key_of(path), client->wall_ns());
  throw error.with_operation(std::string(operation)).with_where(std::move(path));
}

Task<std::vector<RemoveFailure>> delete_batch(std::shared_ptr<Client> client, std::vector<std::string> paths) {
  HttpBatch batch;
  for (const std::string& path : paths) {
    HttpRequest request = delete_request(*client, path, {});
    Task<void> authorizing = client->authorize_within_batch(&request);
    co_await authorizing;
    batch.add(request.method, request.target, request.headers + "Content-Length: 0\r\n");
  }
  HttpRequest request =
      batch.request(client->request("POST", "", {{"restype", "container"}, {"comp", "batch"}}).target);
  request.idempotent = true;
  Task<HttpObjectClient::Document> sending = client->document(std::move(request), {"delete", ""});
  const HttpObjectClient::Document answer = co_await sending;
  const std::vector<BatchAnswer> answers = parse_batch(answer.body.view(), answer.head.content_type(), paths.size());
  std::vector<RemoveFailure> failures;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const BatchAnswer& one = answers[i];
    if (one.head.ok() || code_in(one.head) == "BlobNotFound") continue;
    const Error error = error_of(one.head, one.body, client->key_of(paths[i]), client->wall_ns());
    failures.push_back({paths[i], error.with_operation("delete").with_where(paths[i])});
  }
  co_return failures;
}

}  // namespace genro::storage::azure
