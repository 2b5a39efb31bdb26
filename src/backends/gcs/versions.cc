#include "backends/gcs/versions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "backend/http/every_page.h"
#include "backends/gcs/answers.h"

namespace genro::storage::gcs {
namespace {

// Two contents that replaced one another have the same moment between them; a deletion has a gap.
constexpr std::int64_t kGap = 1'000'000'000;

/// A page of them, oldest first.
Task<PageEnd> add_page(std::shared_ptr<Client> client, std::string path, std::string token, bool soft_deleted,
                       std::vector<VersionPage::Item>* items) {
  const std::string name = client->config().prefix + path;
  HttpRequest request = client->requests().list_versions(name, token, soft_deleted);
  Task<Client::Document> asking = client->document(std::move(request), {"list versions", path});
  const Client::Document answer = co_await asking;
  VersionPage page = parse_version_page(answer.body.view(), name);
  const bool empty = page.items.empty();
  std::move(page.items.begin(), page.items.end(), std::back_inserter(*items));
  co_return PageEnd{page.beyond ? std::string() : std::move(page.next_token), empty};
}

Task<void> collect(std::shared_ptr<Client> client, std::string path, bool soft_deleted,
                   std::vector<VersionPage::Item>* items) {
  return every_page("list versions", path, [client = std::move(client), path, soft_deleted, items](std::string token) {
    return add_page(client, path, std::move(token), soft_deleted, items);
  });
}

Version mark_of(const VersionPage::Item& deleted, bool latest) {
  Version mark;
  mark.version_id = "deleted-" + deleted.version.version_id;
  mark.is_delete_marker = true;
  mark.is_latest = latest;
  mark.last_modified_ns = deleted.deleted_ns;
  return mark;
}

}  // namespace

Task<std::vector<Version>> list_of_versions(std::shared_ptr<Client> client, std::string path) {
  std::vector<VersionPage::Item> items;
  Task<void> collecting = collect(client, path, false, &items);
  co_await collecting;
  if (client->config().soft_deleted) {
    Task<void> more = collect(client, path, true, &items);
    co_await more;
  }
  const auto number = [](const VersionPage::Item& item) {
    return std::pair(item.version.version_id.size(), std::string_view(item.version.version_id));
  };
  std::sort(items.begin(), items.end(), [&](const auto& a, const auto& b) { return number(a) < number(b); });
  std::vector<Version> history;
  for (std::size_t i = 0; i < items.size(); ++i) {
    history.push_back(items[i].version);
    if (items[i].deleted_ns == Entry::kNoTime) continue;
    const bool last = i + 1 == items.size();
    const bool gap = last || items[i + 1].version.last_modified_ns - items[i].deleted_ns > kGap;
    if (gap) history.push_back(mark_of(items[i], last));
  }
  std::reverse(history.begin(), history.end());
  co_return history;
}

}  // namespace genro::storage::gcs
