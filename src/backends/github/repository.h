// Repository: what of a repository its files are found by. The commit that the mount stands at is looked up at the first use and,
// unless it is named by its id, again when it is older than the mount's `refresh`: by a conditional request, which costs
// nothing while nothing has changed. Trees are named by their content and never asked for twice while they are kept.
// Used by the github backend. Thread-safe; must outlive its tasks.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/github/answers.h"
#include "backends/github/client.h"
#include "core/mutex.h"
#include "net/gate.h"

namespace genro::storage::github {

class Repository {
 public:
  Repository(std::shared_ptr<Client> client, Env& env);

  /// Where the mount stands. Throws not_found that says whether the repository, a commit in it, or `sha` is missing.
  Task<Commit> current();
  /// Any commit of the repository, by its id.
  Task<Commit> commit(std::string id);
  /// What the commit has at a path of the repository; "" is its root. Links are not followed.
  /// `whole`: by the tree with all below it, in one request, where the server gives it; else folder by folder.
  Task<std::optional<TreeItem>> find(Commit commit, std::string path, bool whole);
  /// What is right below a folder of the commit, or all below it: with paths of the repository, in their order.
  /// Throws unsupported for all below where the server gives no whole tree.
  Task<std::vector<TreeItem>> below(Commit commit, TreeItem folder, bool all);
  /// When the path was last changed before the commit, and by it.
  Task<std::int64_t> changed(Commit commit, std::string path);
  /// The commits that changed the path, newest first.
  Task<std::vector<Commit>> history(Commit commit, std::string path);

 private:
  using TreePointer = std::shared_ptr<const Tree>;
  struct Standing {
    Commit commit;
    std::string etag;
    TimePoint asked{};
    bool known = false;
  };
  std::optional<Commit> fresh(TimePoint since) const;
  Task<Commit> look_up(Standing before);
  Task<void> explain(Error error);

  Task<TreePointer> tree(std::string id, bool whole);
  Task<TreePointer> whole_tree(std::string id);
  TreePointer kept(const std::string& key);
  void keep(std::string key, TreePointer tree);
  Task<std::vector<Commit>> commits(std::string query);

  std::shared_ptr<Client> client_;
  Clock& clock_;
  const bool fixed_;  // the ref is the id of a commit
  Gate looking_up_;
  Gate reading_whole_;
  mutable Mutex mutex_;  // guards all below
  Standing standing_;
  std::deque<std::pair<std::string, TreePointer>> trees_;  // the last one was used last
  std::map<std::string, std::int64_t> changed_;            // by commit and path
};

}  // namespace genro::storage::github
