#include "backends/github/repository.h"

#include <algorithm>
#include <mutex>

#include "codec/git_object.h"
#include "codec/percent.h"
#include "core/path.h"
#include "loop/give_way.h"

namespace genro::storage::github {
namespace {

// What is kept: about 30 MB of trees at most, unless a single one is larger.
constexpr std::size_t kMostTrees = 256;
constexpr std::size_t kMostItems = 200'000;
constexpr std::size_t kMostTimes = 10'000;
constexpr int kMostPages = 1000;          // of a hundred commits: who sends more never ends
constexpr std::string_view kWhole = "+";  // of the keys of trees with all below them
constexpr std::string_view kEmptyTree =
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904";  // of a commit without files: no object

constexpr RequestContext kLooking{"look up", ""};

TreeItem root_item(const Commit& commit) {
  TreeItem root;
  root.id = commit.tree;
  root.kind = ItemKind::folder;
  return root;
}

Error empty(const Config& config) {
  return Error(ErrorCode::not_found, "look up", "",
               "the repository " + config.name() + " is empty: it has no commit yet");
}

std::string query_of(const Commit& commit, const std::string& path, std::string_view rest) {
  std::string query = "?sha=" + commit.id;
  if (!path.empty()) query += "&path=" + percent_encode(path, PercentSet::component);
  return query.append(rest);
}

}  // namespace

Repository::Repository(std::shared_ptr<Client> client, Env& env)
    : client_(std::move(client)), clock_(*env.clock), fixed_(is_git_object_id(client_->config().ref)) {}

// --- where the mount stands ---

/// The commit that is known, if it was asked for after `since` or is not old yet.
std::optional<Commit> Repository::fresh(TimePoint since) const {
  const std::lock_guard lock(mutex_);
  if (!standing_.known) return std::nullopt;
  const bool young = clock_.now() - standing_.asked < client_->config().refresh;
  if (fixed_ || young || standing_.asked >= since) return standing_.commit;
  return std::nullopt;
}

Task<Commit> Repository::current() {
  const TimePoint began = clock_.now();
  if (std::optional<Commit> commit = fresh(TimePoint::max())) co_return *commit;
  Task<Gate::Pass> entering = looking_up_.enter();
  const Gate::Pass pass = co_await entering;
  if (std::optional<Commit> commit = fresh(began)) co_return *commit;
  Standing before;
  {
    const std::lock_guard lock(mutex_);
    before = standing_;
  }
  Task<Commit> looking = look_up(std::move(before));
  co_return co_await looking;
}

Task<Commit> Repository::look_up(Standing before) {
  const std::string& ref = client_->config().ref;
  HttpRequest request =
      client_->request(ref.empty() ? "/commits?per_page=1"  // of the default branch
                                   : "/commits/" + percent_encode(ref, PercentSet::path) + "?per_page=1");
  if (!before.etag.empty()) request.add_header("if-none-match", before.etag);
  Standing now;
  now.asked = clock_.now();
  Task<Client::Document> asking = client_->document(std::move(request), kLooking);
  Result<Client::Document> asked = co_await asking.as_result();
  if (asked.ok()) {
    const std::string_view body = asked.value().body.view();
    std::vector<Commit> newest = ref.empty() ? parse_commits(body) : std::vector<Commit>{parse_commit(body)};
    if (newest.empty()) throw empty(client_->config());
    now.commit = std::move(newest.front());
    now.etag = asked.value().head.etag();
  } else if (before.known && asked.error().code() == ErrorCode::precondition_failed) {  // 304: as it was
    now.commit = std::move(before.commit);
    now.etag = std::move(before.etag);
  } else {
    Task<void> explaining = explain(asked.error());
    co_await explaining;
  }
  now.known = true;
  const std::lock_guard lock(mutex_);
  standing_ = std::move(now);
  co_return standing_.commit;
}

/// Throws what a failed look at the ref means: a 404 may be the repository's or the ref's.
Task<void> Repository::explain(Error error) {
  const Config& config = client_->config();
  const bool refused = error.code() == ErrorCode::invalid_argument;    // 422: no commit found
  if (error.code() == ErrorCode::already_exists) throw empty(config);  // 409
  if (!refused && error.code() != ErrorCode::not_found) throw error;
  Task<Client::Document> asking = client_->document(client_->request(""), kLooking);
  Result<Client::Document> asked = co_await asking.as_result();
  if (asked.ok()) {
    throw Error(ErrorCode::not_found, "look up", "",
                "no branch, tag or commit '" + config.ref + "' (key 'sha') in " + config.name());
  }
  if (asked.error().code() != ErrorCode::not_found) std::rethrow_exception(asked.exception());
  std::string message = "no repository " + config.name();
  message += config.authorization.empty() ? ", or a private one, which needs a 'token'"
                                          : " that the 'token' may read: GitHub says no more of private ones";
  throw Error(ErrorCode::not_found, "look up", "", std::move(message));
}

Task<Commit> Repository::commit(std::string id) {
  if (!is_git_object_id(id))
    throw Error(ErrorCode::not_found, "look up", "", "no version '" + id + "': they are ids of commits");
  {
    const std::lock_guard lock(mutex_);
    if (standing_.known && standing_.commit.id == id) co_return standing_.commit;
  }
  Task<Client::Document> asking = client_->document(client_->request("/git/commits/" + id), kLooking);
  const Client::Document answer = co_await asking;
  co_return parse_commit(answer.body.view());
}

// --- trees ---

Repository::TreePointer Repository::kept(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(trees_.rbegin(), trees_.rend(), [&](const auto& tree) { return tree.first == key; });
  if (at == trees_.rend()) return nullptr;
  std::rotate(at.base() - 1, at.base(), trees_.end());
  return trees_.back().second;
}

void Repository::keep(std::string key, TreePointer tree) {
  const std::lock_guard lock(mutex_);
  trees_.emplace_back(std::move(key), std::move(tree));
  std::size_t items = 0;
  for (const auto& one : trees_) items += one.second->items.size();
  while (trees_.size() > 1 && (trees_.size() > kMostTrees || items > kMostItems)) {
    items -= trees_.front().second->items.size();
    trees_.pop_front();
  }
}

Task<Repository::TreePointer> Repository::tree(std::string id, bool whole) {
  std::string key = whole ? id + std::string(kWhole) : id;
  if (TreePointer known = kept(key)) co_return known;
  if (id == kEmptyTree) co_return std::make_shared<const Tree>();
  HttpRequest request = client_->request("/git/trees/" + id + (whole ? "?recursive=1" : ""));
  Task<Client::Document> asking = client_->document(std::move(request), kLooking);
  const Client::Document answer = co_await asking;
  const std::string_view body = answer.body.view();
  Task<Tree> parsing = on_helper(body.size(), [body] { return parse_tree(body); });
  Tree read = co_await parsing;
  if (read.truncated) {
    if (!whole) {
      throw Error(ErrorCode::unsupported, "look up", "",
                  "a directory has more entries than GitHub lists: clone the repository and mount it by 'git'");
    }
    read.items = {};  // some of them are no use; that there are more is
  }
  auto made = std::make_shared<const Tree>(std::move(read));
  keep(std::move(key), made);
  co_return made;
}

/// Null where there is no whole tree.
Task<Repository::TreePointer> Repository::whole_tree(std::string id) {
  TreePointer found = kept(id + std::string(kWhole));
  if (!found) {
    Task<Gate::Pass> entering = reading_whole_.enter();
    const Gate::Pass pass = co_await entering;
    Task<TreePointer> reading = tree(std::move(id), true);
    found = co_await reading;
  }
  co_return found->truncated ? nullptr : std::move(found);
}

Task<std::optional<TreeItem>> Repository::find(Commit commit, std::string path, bool whole) {
  if (path.empty()) co_return root_item(commit);
  if (whole) {
    Task<TreePointer> reading = whole_tree(commit.tree);
    if (const TreePointer all = co_await reading) {
      const TreeItem* found = all->find(path);
      co_return found ? std::optional(*found) : std::nullopt;
    }
  }
  TreeItem at = root_item(commit);
  for (std::string_view rest = path; !rest.empty();) {
    const auto [name, after] = path::split_first(rest);
    rest = after;
    if (at.kind != ItemKind::folder) co_return std::nullopt;
    Task<TreePointer> reading = tree(at.id, false);
    const TreePointer folder = co_await reading;
    const TreeItem* found = folder->find(name);
    if (!found) co_return std::nullopt;
    at = *found;
  }
  at.path = std::move(path);
  co_return at;
}

Task<std::vector<TreeItem>> Repository::below(Commit commit, TreeItem folder, bool all) {
  std::vector<TreeItem> items;
  Task<TreePointer> reading = whole_tree(commit.tree);
  if (const TreePointer whole = co_await reading) {
    const std::string start = folder.path.empty() ? "" : folder.path + "/";
    auto at = std::lower_bound(whole->items.begin(), whole->items.end(), start,
                               [](const TreeItem& item, const std::string& wanted) { return item.path < wanted; });
    for (; at != whole->items.end() && at->path.starts_with(start); ++at) {
      if (all || at->path.find('/', start.size()) == std::string::npos) items.push_back(*at);
    }
    co_return items;
  }
  // What is too large as a whole may have folders that are not.
  Task<TreePointer> reading_one = all ? whole_tree(folder.id) : tree(folder.id, false);
  const TreePointer one = co_await reading_one;
  if (!one) throw Error(ErrorCode::unsupported, "list", folder.path, "GitHub gives no whole tree of a folder so large");
  items = one->items;
  for (TreeItem& item : items) item.path = path::join(folder.path, item.path);
  co_return items;
}

// --- history ---

Task<std::vector<Commit>> Repository::commits(std::string query) {
  Task<Client::Document> asking = client_->document(client_->request("/commits" + query), kLooking);
  const Client::Document answer = co_await asking;
  std::vector<Commit> found = parse_commits(answer.body.view());
  co_return found;
}

Task<std::int64_t> Repository::changed(Commit commit, std::string path) {
  std::string key = commit.id + path;
  {
    const std::lock_guard lock(mutex_);
    const auto known = changed_.find(key);
    if (known != changed_.end()) co_return known->second;
  }
  Task<std::vector<Commit>> asking = commits(query_of(commit, path, "&per_page=1"));
  const std::vector<Commit> last = co_await asking;
  const std::int64_t time_ns = last.empty() ? commit.time_ns : last.front().time_ns;
  const std::lock_guard lock(mutex_);
  if (changed_.size() >= kMostTimes) changed_.clear();
  changed_.emplace(std::move(key), time_ns);
  co_return time_ns;
}

Task<std::vector<Commit>> Repository::history(Commit commit, std::string path) {
  constexpr std::size_t kPage = 100;
  std::vector<Commit> all;
  for (int page = 1; page <= kMostPages; ++page) {
    Task<std::vector<Commit>> asking =
        commits(query_of(commit, path, "&per_page=" + std::to_string(kPage) + "&page=" + std::to_string(page)));
    std::vector<Commit> found = co_await asking;
    const bool last = found.size() < kPage;
    std::move(found.begin(), found.end(), std::back_inserter(all));
    if (last) co_return all;
  }
  throw Error(ErrorCode::protocol, "list versions", path, "the server lists commits without end");
}

}  // namespace genro::storage::github
