#include "backends/s3/clean.h"

#include <utility>

#include "backend/http/every_page.h"
#include "backends/s3/markers.h"
#include "backends/s3/pages.h"
#include "backends/s3/upload_requests.h"

namespace genro::storage::s3 {
namespace {

Task<void> abort(std::shared_ptr<Client> client, std::string key, std::string upload_id) {
  RequestContext context{"cleanup", key};
  context.absent_is_answer = true;  // completed or aborted meanwhile
  Task<std::unique_ptr<HttpResponse>> sending = client->send(abort_upload(client->base(), key, upload_id), context);
  std::unique_ptr<HttpResponse> response = co_await sending;
  Task<void> ending = response->discard();
  co_await ending;
}

Task<PageEnd> abort_page(std::shared_ptr<Client> client, std::string key_prefix, Markers from, double older_than,
                         std::vector<std::string>* keys) {
  HttpRequest request = list_uploads(client->base(), key_prefix, from.key, from.inner);
  Task<Client::Document> asking = client->document(std::move(request), {"cleanup", ""});
  const Client::Document answer = co_await asking;
  UploadPage page = parse_upload_page(answer.body.view());
  const std::int64_t now_ns = client->wall_ns();
  for (OpenUpload& upload : page.uploads) {
    const double age = static_cast<double>(now_ns - upload.begun_ns) * 1e-9;
    if (!upload.key.starts_with(key_prefix) || upload.begun_ns == Entry::kNoTime || age < older_than) continue;
    Task<void> aborting = abort(client, upload.key, upload.upload_id);
    co_await aborting;
    keys->push_back(std::move(upload.key));
  }
  co_return PageEnd{page.truncated ? token_of({page.next_key, page.next_upload}) : "", page.uploads.empty()};
}

}  // namespace

Task<void> abort_uploads(std::shared_ptr<Client> client, std::string key_prefix, double older_than,
                         std::vector<std::string>* keys) {
  return every_page(
      "cleanup", "",
      [client = std::move(client), key_prefix = std::move(key_prefix), older_than, keys](const std::string& token) {
        return abort_page(client, key_prefix, markers_of(token), older_than, keys);
      });
}

}  // namespace genro::storage::s3
