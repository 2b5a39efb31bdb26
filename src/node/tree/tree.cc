#include "node/tree/tree.h"

#include <algorithm>
#include <utility>

#include "backend/bulk_transfer.h"
#include "backend/lister.h"
#include "core/path.h"
#include "genro/storage/node.h"
#include "loop/give_way.h"
#include "node/guard.h"
#include "node/tree/path_order.h"

namespace genro::storage {
namespace {

constexpr std::size_t kPathsAtOnce = 10'000;  // some milliseconds that nothing can stop
constexpr std::size_t kSortBytes = 64;        // of hashing, that sorting a path takes as long as

// Stores without folders: keys below the path are all there is, also those that mark folders or that no path can name.
Task<void> remove_keys_below(MountPointer mount, std::string folder) {
  ListerOptions options;
  options.recursive = true;
  options.as_stored = true;
  Lister lister(mount->backend, folder, options);
  for (;;) {
    Task<std::optional<std::vector<Entry>>> listing = lister.next();
    const std::optional<std::vector<Entry>> entries = co_await listing;
    if (!entries) break;
    std::vector<std::string> paths;
    paths.reserve(entries->size());
    for (const Entry& entry : *entries) paths.push_back(entry.path);
    Task<void> removing = remove_paths(mount, std::move(paths), "delete");
    co_await removing;
  }
  require_namable(lister.unnamable());
}

// Files folder by folder, each folder listed whole before anything in it goes; then the folders, deepest first. Where the store
// removes a folder with all below it, only what is in the root is looked at.
Task<void> remove_folder_contents(MountPointer mount, std::string root) {
  std::vector<std::string> folders{root};
  for (std::size_t i = 0; i < folders.size(); ++i) {
    Task<std::vector<Entry>> listing = list_folder(mount, folders[i]);
    Result<std::vector<Entry>> listed = co_await listing.as_result();
    if (!listed.ok()) {
      if (i > 0 && means_absent(listed.error().code())) continue;  // somebody else removed it meanwhile
      std::rethrow_exception(listed.exception());
    }
    std::vector<std::string> files;
    std::vector<std::string> trees;
    for (Entry& entry : listed.value()) {
      // A link goes itself; what it leads to is not ours.
      const bool is_folder = entry.is_directory() && !entry.is_link;
      std::vector<std::string>& kind = !is_folder ? files : mount->caps.remove_tree ? trees : folders;
      kind.push_back(std::move(entry.path));
    }
    for (std::string& tree : trees) {
      Task<void> removing_tree = mount->backend->remove_tree(std::move(tree));
      co_await removing_tree;
    }
    Task<void> removing = remove_paths(mount, std::move(files), "delete");
    co_await removing;
  }
  // Children before their parents. Those of one depth stand at the end together, and may go side by side.
  while (folders.size() > 1) {
    const auto depth = std::count(folders.back().begin(), folders.back().end(), '/');
    const auto first = std::find_if(folders.begin() + 1, folders.end(), [&](const std::string& folder) {
      return std::count(folder.begin(), folder.end(), '/') == depth;
    });
    std::vector<std::string> deepest(std::make_move_iterator(first), std::make_move_iterator(folders.end()));
    folders.erase(first, folders.end());
    Task<void> removing = remove_paths(mount, std::move(deepest), "delete");
    co_await removing;
  }
}

Task<void> remove_below(MountPointer mount, std::string path) {
  if (!mount->caps.make_dir) {
    // Such a store knows its marks of folders, and takes them in an order of its own.
    Task<void> removing = mount->caps.remove_tree ? mount->backend->remove_tree(path) : remove_keys_below(mount, path);
    co_await removing;
    co_return;
  }
  Task<void> emptying = remove_folder_contents(mount, path);
  co_await emptying;
  if (path.empty()) co_return;
  Task<void> removing = mount->backend->remove(path);
  co_await removing;
}

Task<void> remove_any(MountPointer mount, std::string path) {
  if (path.empty()) {
    Task<void> emptying = remove_below(mount, path);
    const Result<void> emptied = co_await emptying.as_result();
    if (!emptied.ok() && emptied.error().code() != ErrorCode::not_found) std::rethrow_exception(emptied.exception());
    co_return;
  }
  if (mount->caps.remove_tree) {
    Task<void> removing = mount->backend->remove_tree(path);
    const Result<void> removed = co_await removing.as_result();
    // Below a file there is nothing.
    if (!removed.ok() && removed.error().code() != ErrorCode::not_directory)
      std::rethrow_exception(removed.exception());
    co_return;
  }
  if (mount->caps.make_dir) {
    Task<void> removing = mount->backend->remove(path);
    Result<void> removed = co_await removing.as_result();
    if (removed.ok()) co_return;
    const ErrorCode code = removed.error().code();
    if (code == ErrorCode::not_directory) co_return;  // below a file there is nothing
    if (code != ErrorCode::not_empty && code != ErrorCode::is_directory) std::rethrow_exception(removed.exception());
  } else {
    Task<std::optional<Entry>> look = mount->backend->stat(path);
    const std::optional<Entry> entry = co_await look;
    if (!entry) co_return;
    if (!entry->is_directory()) {
      Task<void> removing = mount->backend->remove(path);
      co_await removing;
      co_return;
    }
  }
  Task<void> emptying = remove_below(mount, path);
  co_await emptying;
}

Task<void> remove_node(MountPointer mount, std::string path) {
  require_remove(*mount, "delete", path);
  Task<void> removing = remove_tree(mount, path);
  co_await removing;
}

Task<std::optional<Entry>> stat_at(MountPointer mount, std::string path) {
  Task<std::optional<Entry>> look = mount->backend->stat(std::move(path));
  co_return co_await look;
}

// A mount on a folder that is not there yet: the folder comes with the first thing made in it.
Task<void> make_prefix(MountPointer mount) {
  for (std::size_t slash = 0; slash != std::string::npos;) {
    slash = mount->prefix.find('/', slash + 1);
    Task<void> making = mount->base_backend->make_dir(mount->prefix.substr(0, slash));
    const Result<void> made = co_await making.as_result();
    if (!made.ok() && made.error().code() != ErrorCode::already_exists) std::rethrow_exception(made.exception());
  }
}

Task<void> make_one(MountPointer mount, std::string path) {
  Task<void> making = mount->backend->make_dir(path);
  const Result<void> made = co_await making.as_result();
  if (made.ok()) co_return;
  const bool in_root = path::parent(path).empty() && !mount->prefix.empty();
  if (made.error().code() != ErrorCode::not_found || !in_root) std::rethrow_exception(made.exception());
  Task<void> preparing = make_prefix(mount);
  co_await preparing;
  if (path.empty()) co_return;
  Task<void> again = mount->backend->make_dir(path);
  co_await again;
}

// The parents first; somebody else may make the same ones at the same time.
Task<void> make_chain(MountPointer mount, std::string path) {
  std::vector<std::string> missing;
  for (std::string at = path; !at.empty(); at = std::string(path::parent(at))) {
    Task<std::optional<Entry>> look = stat_at(mount, at);
    const std::optional<Entry> entry = co_await look;
    if (entry) {
      if (!entry->is_directory()) throw failure(ErrorCode::not_directory, "mkdir", *mount, at, "a file is in the way");
      break;
    }
    missing.push_back(at);
  }
  for (std::size_t i = missing.size(); i-- > 0;) {
    Task<void> making = make_one(mount, missing[i]);
    const Result<void> made = co_await making.as_result();
    if (!made.ok() && made.error().code() != ErrorCode::already_exists) std::rethrow_exception(made.exception());
  }
}

Task<void> require_parent(MountPointer mount, std::string path, bool parents) {
  const std::string parent(path::parent(path));
  if (parents || parent.empty()) co_return;
  Task<std::optional<Entry>> looking = stat_at(mount, parent);
  const std::optional<Entry> entry = co_await looking;
  if (!entry) throw Error(ErrorCode::not_found, "Parent directory does not exist");
  if (!entry->is_directory()) throw Error(ErrorCode::not_directory, "the parent is a file");
}

Task<void> make_folder(MountPointer mount, std::string path, bool parents, bool exist_ok) {
  require_write(*mount, "mkdir", path);
  if (mount->caps.content_addressed && !mount->caps.make_dir) {
    throw failure(ErrorCode::unsupported, "mkdir", *mount, path,
                  "a " + mount->protocol + " mount is read-only to directories");
  }
  try {
    Task<std::optional<Entry>> look = stat_at(mount, path);
    const std::optional<Entry> entry = co_await look;
    if (entry && !(exist_ok && entry->is_directory())) {
      throw Error(ErrorCode::already_exists,
                  entry->is_directory() ? "the directory exists already" : "a file of this name exists");
    }
    if (entry) co_return;
    if (!mount->caps.make_dir) {  // keys imply folders: there is nothing to make
      Task<void> requiring = require_parent(mount, path, parents);
      co_await requiring;
      co_return;
    }
    if (!parents || path.empty()) {
      Task<void> making = make_one(mount, path);
      Result<void> made = co_await making.as_result();
      if (made.ok()) co_return;
      const ErrorCode code = made.error().code();
      if (code == ErrorCode::not_found) throw Error(ErrorCode::not_found, "Parent directory does not exist");
      if (!(exist_ok && code == ErrorCode::already_exists)) std::rethrow_exception(made.exception());
      co_return;
    }
    Task<void> making = make_chain(mount, path);
    co_await making;
  } catch (const Error& error) {
    throw located(error, "mkdir", *mount, path);
  }
}

Task<void> sort_on_helper(std::vector<std::string>& paths, const std::string& folder) {
  Task<void> sorting = on_helper(paths.size() * kSortBytes, [&] { sort_paths(paths, folder); });
  co_await sorting;
}

Task<std::vector<std::string>> list_paths(MountPointer mount, std::string path) {
  // A store of this machine that nothing stands before gives a folder of usual size without entries and pages.
  if (auto* local = mount->backend->bulk()) {
    auto naming = offload([&] { return local->paths_in(path, kPathsAtOnce); }, local->threads());
    std::optional<std::vector<std::string>> found = co_await naming;
    if (found) {
      Task<void> sorting = sort_on_helper(*found, path);
      co_await sorting;
      co_return std::move(*found);
    }
  }
  ListerOptions options;
  options.names_only = true;
  Lister lister(mount->backend, path, options);
  std::vector<std::string> paths;
  for (;;) {
    Task<std::optional<std::vector<Entry>>> listing = lister.next();
    std::optional<std::vector<Entry>> page = co_await listing;
    if (!page) break;
    if (paths.empty()) paths.reserve(page->size());
    for (Entry& entry : *page) paths.push_back(std::move(entry.path));
  }
  Task<void> sorting = sort_on_helper(paths, path);
  co_await sorting;
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());  // keys "a" and "a/b" are one child
  co_return paths;
}

Task<std::vector<Node>> children_of(std::shared_ptr<const ManagerState> manager, MountPointer mount, std::string path) {
  Task<std::vector<std::string>> listing = child_paths(mount, std::move(path));
  std::vector<std::string> paths = co_await listing;
  std::vector<Node> nodes;
  nodes.reserve(paths.size());
  for (std::string& child : paths) nodes.emplace_back(manager, mount, std::move(child));
  co_return nodes;
}

}  // namespace

Task<std::vector<std::string>> child_paths(MountPointer mount, std::string path) {
  if (!mount->caps.list) {
    throw failure(ErrorCode::invalid_argument, "list", *mount, path,
                  "a " + mount->protocol + " mount has no directory structure");
  }
  try {
    Task<std::vector<std::string>> listing = list_paths(mount, path);
    co_return co_await listing;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_directory) throw located(error, "list", *mount, path);
    throw failure(ErrorCode::invalid_argument, "list", *mount, path, "not a directory");
  }
}

Task<std::vector<Entry>> list_folder(MountPointer mount, std::string path, std::vector<Entry>* unnamable) {
  Lister lister(mount->backend, path);
  Task<std::vector<Entry>> listing = lister.all();
  std::vector<Entry> entries = co_await listing;
  if (unnamable) {
    *unnamable = lister.unnamable();
  } else {
    require_namable(lister.unnamable());
  }
  co_return entries;
}

void require_namable(const std::vector<Entry>& unnamable) {
  if (unnamable.empty()) return;
  throw Error(ErrorCode::invalid_path,
              "the store lists a name that no path can have: '" + unnamable.front().path + "'");
}

Task<void> ensure_folder(MountPointer mount, std::string path) {
  if (!mount->caps.make_dir || path.empty()) co_return;
  try {
    Task<void> making = make_one(mount, path);
    Result<void> made = co_await making.as_result();
    if (made.ok()) co_return;
    const ErrorCode code = made.error().code();
    if (code != ErrorCode::not_found && code != ErrorCode::already_exists) std::rethrow_exception(made.exception());
    // Missing parents, or something is there: the chain tells a folder from a file.
    Task<void> chain = make_chain(mount, path);
    co_await chain;
  } catch (const Error& error) {
    throw located(error, "mkdir", *mount, path);
  }
}

Task<void> remove_paths(MountPointer mount, std::vector<std::string> paths, std::string_view operation) {
  const std::size_t most = std::max<std::size_t>(1, mount->backend->limits().remove_batch_max);
  for (std::size_t begin = 0; begin < paths.size(); begin += std::min(most, paths.size() - begin)) {
    const auto first = paths.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(most, paths.size() - begin));
    Task<std::vector<RemoveFailure>> removing = mount->backend->remove_many(
        std::vector<std::string>(std::make_move_iterator(first), std::make_move_iterator(last)));
    const std::vector<RemoveFailure> failures = co_await removing;
    if (!failures.empty()) throw located(failures.front().error, operation, *mount, failures.front().path);
  }
}

Task<void> remove_tree(MountPointer mount, std::string path) {
  try {
    Task<void> removing = remove_any(mount, path);
    co_await removing;
  } catch (const Error& error) {
    throw located(error, "delete", *mount, path);
  }
}

Task<void> Node::remove() const { return remove_node(mount_or_detached(), path_); }
Task<void> Node::mkdir(bool parents, bool exist_ok) const {
  return make_folder(mount_or_detached(), path_, parents, exist_ok);
}
Task<std::vector<Node>> Node::children() const { return children_of(manager_, mount_or_detached(), path_); }

}  // namespace genro::storage
