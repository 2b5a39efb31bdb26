#include "backends/azure/versions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "backends/azure/pages.h"

namespace genro::storage::azure {

Task<std::vector<Version>> list_versions(std::shared_ptr<Client> client, std::string path) {
  const std::string name = client->key_of(path);
  std::vector<Version> versions;
  for (std::string marker;;) {
    Query query{{"restype", "container"}, {"comp", "list"}, {"include", "versions,snapshots"}, {"prefix", name}};
    if (!marker.empty()) query.emplace_back("marker", std::move(marker));
    Task<HttpObjectClient::Document> asking =
        client->document(client->request("GET", "", query), {"list versions", path});
    const HttpObjectClient::Document answer = co_await asking;
    VersionPage page = parse_version_page(answer.body.view(), name);
    std::move(page.versions.begin(), page.versions.end(), std::back_inserter(versions));
    if (page.next.empty() || page.beyond) break;
    marker = std::move(page.next);
  }
  // A blob comes after its snapshots, and a version when it was made; the one that is read is the newest in any case.
  std::stable_sort(versions.begin(), versions.end(), [](const Version& a, const Version& b) {
    return a.is_latest != b.is_latest ? a.is_latest : a.last_modified_ns > b.last_modified_ns;
  });
  co_return versions;
}

}  // namespace genro::storage::azure
