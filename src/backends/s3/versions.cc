#include "backends/s3/versions.h"

#include <iterator>
#include <utility>

#include "backend/http/every_page.h"
#include "backends/s3/markers.h"
#include "backends/s3/pages.h"
#include "backends/s3/requests.h"

namespace genro::storage::s3 {
namespace {

Task<PageEnd> add_page(std::shared_ptr<Client> client, std::string path, Markers from, std::vector<Version>* versions) {
  const std::string key = client->config().prefix + path;
  HttpRequest request = list_versions(client->base(), key, from.key, from.inner);
  Task<Client::Document> asking = client->document(std::move(request), {"list versions", path});
  const Client::Document answer = co_await asking;
  VersionPage page = parse_version_page(answer.body.view(), key);
  const bool empty = page.versions.empty();
  std::move(page.versions.begin(), page.versions.end(), std::back_inserter(*versions));
  if (!page.truncated || page.beyond)
    co_return PageEnd{};  // a marker may have more in it than the key: it says nothing here
  co_return PageEnd{token_of({page.next_key, page.next_version}), empty};
}

}  // namespace

Task<std::vector<Version>> list_of_versions(std::shared_ptr<Client> client, std::string path) {
  std::vector<Version> versions;
  Task<void> asking = every_page("list versions", path, [&](const std::string& token) {
    return add_page(client, path, markers_of(token), &versions);
  });
  co_await asking;
  co_return versions;
}

}  // namespace genro::storage::s3
