#include "backends/azure/remove.h"

#include <utility>

#include "backends/azure/blob.h"
#include "backends/azure/error.h"

namespace genro::storage::azure {
HttpRequest delete_request(const Client& client, const std::string& path, const std::string& version) {
  Query query;
  add_version(version, query);
  HttpRequest request = client.change("DELETE", client.key_of(path), query);
  if (version.empty() && client.config().delete_snapshots) request.add_header("x-ms-delete-snapshots", "include");
  request.idempotent = true;
  return request;
}

Task<void> delete_blob(std::shared_ptr<Client> client, std::string path, std::string version) {
  Task<HttpObjectClient::Document> sending =
      client->document(delete_request(*client, path, version), {"delete", path, true});
  const HttpObjectClient::Document answer = co_await sending;
  if (answer.head.ok() || code_in(answer.head) == "BlobNotFound") co_return;
  const Error error = error_of(answer.head, answer.body.view(), client->key_of(path), client->wall_ns());
  throw error.with_operation("delete").with_where(std::move(path));
}

}  // namespace genro::storage::azure
