#include "backends/azure/versions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "backend/http/every_page.h"
#include "backends/azure/pages.h"
#include "loop/give_way.h"

namespace genro::storage::azure {

namespace {

Task<PageEnd> add_versions(std::shared_ptr<Client> client, std::string path, std::string marker,
                           std::vector<Version>* to) {
  const std::string name = client->key_of(path);
  Query query{{"restype", "container"}, {"comp", "list"}, {"include", "versions,snapshots"}, {"prefix", name}};
  if (!marker.empty()) query.emplace_back("marker", std::move(marker));
  Task<HttpObjectClient::Document> asking =
      client->document(client->request("GET", "", query), {"list versions", path});
  const HttpObjectClient::Document answer = co_await asking;
  const std::string_view text = answer.body.view();
  Task<VersionPage> parsing = on_helper(text.size(), [text, &name] { return parse_version_page(text, name); });
  VersionPage page = co_await parsing;
  PageEnd end{page.beyond ? std::string() : std::move(page.next), page.versions.empty()};
  std::move(page.versions.begin(), page.versions.end(), std::back_inserter(*to));
  co_return end;
}

}  // namespace

Task<std::vector<Version>> list_versions(std::shared_ptr<Client> client, std::string path) {
  std::vector<Version> versions;
  const auto ask = [&](std::string marker) { return add_versions(client, path, std::move(marker), &versions); };
  Task<void> asking = every_page("list versions", path, ask);
  co_await asking;
  // A blob comes after its snapshots, and a version when it was made; the one that is read is the newest in any case.
  std::stable_sort(versions.begin(), versions.end(), [](const Version& a, const Version& b) {
    return a.is_latest != b.is_latest ? a.is_latest : a.last_modified_ns > b.last_modified_ns;
  });
  co_return versions;
}

}  // namespace genro::storage::azure
