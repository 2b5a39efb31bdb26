#include "backends/gcs/versions.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "backend/http/batch.h"
#include "backends/gcs/answers.h"
#include "genro/storage/error.h"

namespace genro::storage::gcs {
namespace {

constexpr int kMostPages = 10'000;
// Two contents that replaced one another have the same moment between them; a deletion has a gap.
constexpr std::int64_t kGap = 1'000'000'000;

/// All items, oldest first.
Task<void> collect(std::shared_ptr<Client> client, std::string path, bool soft_deleted,
                   std::vector<VersionPage::Item>* items) {
  const std::string name = client->config().prefix + path;
  std::string token;
  for (int pages = 0; pages < kMostPages; ++pages) {
    HttpRequest request = client->requests().list_versions(name, token, soft_deleted);
    Task<Client::Document> asking = client->document(std::move(request), {"list versions", path});
    const Client::Document answer = co_await asking;
    VersionPage page = parse_version_page(answer.body.view(), name);
    std::move(page.items.begin(), page.items.end(), std::back_inserter(*items));
    if (page.beyond || page.next_token.empty()) co_return;
    token = std::move(page.next_token);
  }
  throw Error(ErrorCode::protocol, "list versions", path, "the server sends pages without end");
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
  if (path.empty()) co_return std::vector<Version>();
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

Task<std::vector<std::optional<Error>>> delete_batch(std::shared_ptr<Client> client, HttpRequest request,
                                                     std::size_t count, std::string_view operation) {
  Task<Client::Document> sending = client->document(std::move(request), {operation, ""});
  const Client::Document answer = co_await sending;
  std::vector<std::optional<Error>> errors(count);
  const std::vector<BatchAnswer> answers = parse_batch(answer.body.view(), answer.head.content_type(), count);
  for (std::size_t i = 0; i < count; ++i) {
    const BatchAnswer& one = answers[i];
    const bool absent = one.head.status == 404 && !Client::bucket_is_missing(one.body);
    if (!one.head.ok() && !absent) errors[i] = client->error_of_answer(one.head, one.body);
  }
  co_return errors;
}

Task<std::vector<VersionFailure>> delete_some_versions(std::shared_ptr<Client> client, std::string path,
                                                       std::vector<std::string> version_ids) {
  constexpr std::string_view kOperation = "delete version";
  std::vector<VersionFailure> failures;
  std::span<const std::string> left(version_ids);
  while (!left.empty()) {
    const std::span<const std::string> some = left.first(std::min(left.size(), kLimits.remove_batch_max));
    left = left.subspan(some.size());
    HttpRequest request = client->requests().remove_versions(client->config().prefix + path, some);
    Task<std::vector<std::optional<Error>>> deleting =
        delete_batch(client, std::move(request), some.size(), kOperation);
    const std::vector<std::optional<Error>> errors = co_await deleting;
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (!errors[i]) continue;
      failures.push_back({some[i], errors[i]->with_operation(std::string(kOperation)).with_where(path)});
    }
  }
  co_return failures;
}

}  // namespace genro::storage::gcs
