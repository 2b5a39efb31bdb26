// Node::copy_to and move_to. Rules that hold for any two mounts: a file never replaces a folder nor a folder a file, folders
// merge, nothing is copied into itself, and a move takes away only what is known to have arrived.
#include <algorithm>
#include <utility>

#include "core/path.h"
#include "genro/storage/node.h"
#include "loop/offload.h"
#include "node/copy_filter.h"
#include "node/guard.h"
#include "node/snapshot.h"
#include "node/tree.h"
#include "node/tree_copy.h"
#include "node/virtual_content.h"

namespace genro::storage {
namespace {

Task<std::optional<Entry>> look(Place place) {
  try {
    Task<std::optional<Entry>> looking = place.mount->backend->stat(place.path);
    co_return co_await looking;
  } catch (const Error& error) {
    throw located(error, "stat", *place.mount, place.path);
  }
}

/// The target, for which nothing but the existence is looked at; content-addressed ones have none before they are written.
Task<std::optional<Entry>> look_at_target(Place place) {
  if (place.mount->caps.content_addressed) co_return std::nullopt;
  Task<std::optional<Entry>> looking = look(std::move(place));
  co_return co_await looking;
}

Task<Entry> require_source(Place from) {
  Task<std::optional<Entry>> looking = look(from);
  std::optional<Entry> entry = co_await looking;
  if (!entry)
    throw failure(ErrorCode::not_found, "copy", *from.mount, from.path, "Source not found: " + from.address());
  co_return std::move(*entry);
}

void require_files_match(const Place& to, const Entry& source, const std::optional<Entry>& target) {
  if (source.kind == EntryKind::other) {
    throw Error(ErrorCode::invalid_argument, "copy", to.address(), "the source is neither a file nor a directory");
  }
  if (target && source.is_file() && target->is_directory()) {
    throw failure(ErrorCode::is_directory, "copy", *to.mount, to.path,
                  "the destination is a directory, the source a file");
  }
  if (target && source.is_directory() && !target->is_directory()) {
    throw failure(ErrorCode::not_directory, "copy", *to.mount, to.path,
                  "the destination is a file, the source a directory");
  }
}

/// The reason to skip, for one file.
Task<std::string> reason_to_skip(Node source, Node target, const CopyFilter& filter, Place from, Place to, Entry entry,
                                 std::optional<Entry> there) {
  if (!there) co_return std::string();
  if (filter.skip() == Skip::custom) {
    auto asking = offload([&] { return filter.skipped_by_function(source, target); });
    co_return co_await asking;
  }
  if (filter.skip() == Skip::hash) {
    Task<std::string> comparing = skipped_by_hash(from, entry, to, *there);
    co_return co_await comparing;
  }
  co_return filter.skipped(entry, there);
}

Task<Node> copy_one_file(Node source, Node target, CopyOptions options, Place from, Place to, Entry entry,
                         std::optional<Entry> there) {
  const CopyFilter filter(options);
  Task<std::string> deciding = reason_to_skip(source, target, filter, from, to, entry, there);
  const std::string skipped = co_await deciding;
  if (skipped.empty()) {
    Task<Entry> copying = copy_file(from, to, entry);
    const Entry copied = co_await copying;
    if (copied.path != to.path) target = Node(target.manager(), to.mount, copied.path);
  }
  if (!options.plain()) {
    auto reporting = offload([&] {
      if (!skipped.empty() && options.on_skip) options.on_skip(source, skipped);
      if (skipped.empty() && options.on_file) options.on_file(source);
      if (options.progress) options.progress(1, 1);
    });
    co_await reporting;
  }
  co_return target;
}

void require_apart(const Place& from, const Place& to) {
  if (lies_within(to, from)) {
    throw failure(ErrorCode::invalid_argument, "copy", *to.mount, to.path,
                  "a directory cannot be copied into itself: " + from.address());
  }
}

void require_options(const Node& source, const CopyOptions& options) {
  if (options.skip == Skip::custom && !options.skip_fn) {
    throw Error(ErrorCode::invalid_argument, "copy", source.fullpath(), "skip='custom' requires skip_fn");
  }
}

Task<Node> copy_node(Node source, Node target, CopyOptions options, Place from, Place to) {
  if (from.mount->snapshot) {
    Task<MountPointer> pinning = pinned(from.mount, from.path);
    from.mount = co_await pinning;
  }
  Task<Entry> requiring = require_source(from);
  const Entry entry = co_await requiring;
  require_options(source, options);
  require_write(*to.mount, "copy", to.path, target.version());
  if (same_place(from, to)) {
    if (entry.is_file() && from.mount->backend->local_file(from.path)) {
      throw Error(ErrorCode::io, "copy", to.address(), "source and destination are the same file");
    }
    co_return target;
  }
  Task<std::optional<Entry>> looking = look_at_target(to);
  const std::optional<Entry> there = co_await looking;
  require_files_match(to, entry, there);
  if (entry.is_file()) {
    Task<Node> copying = copy_one_file(source, target, std::move(options), from, to, entry, there);
    co_return co_await copying;
  }
  require_apart(from, to);
  if (!there) {
    Task<void> making = ensure_folder(to.mount, to.path);
    co_await making;
  }
  TreeCopy tree(source.manager(), target.manager(), from, to, std::move(options));
  Task<void> copying = tree.run();
  co_await copying;
  co_return target;
}

/// Inside one store: a rename, when nothing has to be merged. Gives false when it must be copied instead.
Task<bool> rename_node(Place from, Place to, const Entry& source, const std::optional<Entry>& there) {
  const bool can =
      from.mount->caps.rename && one_store(*from.mount, *to.mount) && !from.path.empty() && !to.path.empty();
  if (!can || (source.is_directory() && there)) co_return false;
  try {
    Task<void> renaming = from.mount->core->rename(from.core_path(), to.core_path());
    co_await renaming;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::unsupported) co_return false;
    throw located(error, "move", *from.mount, from.path);
  }
  co_return true;
}

Task<void> remove_moved(Place from, std::vector<std::string> files, std::vector<std::string> folders) {
  constexpr std::size_t kBatch = 1000;
  for (std::size_t begin = 0; begin < files.size(); begin += kBatch) {
    const auto end = static_cast<std::ptrdiff_t>(std::min(begin + kBatch, files.size()));
    std::vector<std::string> paths(files.begin() + static_cast<std::ptrdiff_t>(begin), files.begin() + end);
    Task<std::vector<RemoveFailure>> removing = from.mount->backend->remove_many(std::move(paths));
    const std::vector<RemoveFailure> failures = co_await removing;
    if (!failures.empty()) throw located(failures.front().error, "move", *from.mount, failures.front().path);
  }
  if (!from.mount->caps.make_dir) co_return;
  for (std::size_t i = folders.size(); i-- > 0;) {
    if (folders[i].empty()) continue;
    Task<void> removing = from.mount->backend->remove(folders[i]);
    const Result<void> removed = co_await removing.as_result();
    // What came in meanwhile, or was not copied, stays with its folder.
    if (!removed.ok() && removed.error().code() != ErrorCode::not_empty) std::rethrow_exception(removed.exception());
  }
}

Task<std::string> move_file(Place from, Place to, Entry entry) {
  Task<Entry> copying = copy_file(from, to, entry);
  const Entry copied = co_await copying;
  if (copied.size != entry.size) {
    throw failure(ErrorCode::corrupt, "move", *to.mount, to.path, "the copy has another size than " + from.address());
  }
  Task<void> removing = from.mount->backend->remove(from.path);
  co_await removing;
  co_return copied.path;
}

Task<std::string> move_place(Node source, Node target, Place from, Place to) {
  Task<Entry> requiring = require_source(from);
  const Entry entry = co_await requiring;
  require_remove(*from.mount, "move", from.path, source.version());
  require_write(*to.mount, "move", to.path, target.version());
  if (same_place(from, to)) co_return to.path;
  Task<std::optional<Entry>> looking = look_at_target(to);
  const std::optional<Entry> there = co_await looking;
  require_files_match(to, entry, there);
  if (entry.is_directory()) require_apart(from, to);
  Task<bool> renaming = rename_node(from, to, entry, there);
  const bool renamed = co_await renaming;
  if (renamed) co_return to.path;
  if (entry.is_file()) {
    Task<std::string> moving = move_file(from, to, entry);
    co_return co_await moving;
  }
  if (!there) {
    Task<void> making = ensure_folder(to.mount, to.path);
    co_await making;
  }
  TreeCopy tree(source.manager(), target.manager(), from, to, {});
  tree.remember_copied();
  Task<void> copying = tree.run();
  co_await copying;
  Task<void> removing = remove_moved(from, tree.copied(), tree.folders());
  co_await removing;
  co_return to.path;
}

Task<Node> move_node(Node source, Node target, Place from, Place to, Node* self) {
  Task<std::string> moving = move_place(source, target, from, to);
  std::string path = co_await moving;
  Node moved(target.manager(), target.mount(), std::move(path));
  *self = moved;
  co_return moved;
}

template <class Answer, class Make>
Task<Answer> at_address(std::shared_ptr<const ManagerState> manager, std::string address, Make make) {
  if (!manager) throw Error(ErrorCode::invalid_argument, "copy", "None:", "the node belongs to no mount");
  Task<Answer> task = make(node_at(manager, address));
  co_return co_await task;
}

}  // namespace

Task<Node> Node::copy_to(Node target, CopyOptions options) const {
  if (is_virtual()) return materialise(*this, std::move(target), std::move(options));
  Place to{target.place(), target.path_};
  return copy_node(*this, std::move(target), std::move(options), {place(), path_}, std::move(to));
}

Task<Node> Node::copy_to(std::string address, CopyOptions options) const {
  return at_address<Node>(manager_, std::move(address), [source = *this, options = std::move(options)](Node target) {
    return source.copy_to(std::move(target), options);
  });
}

Task<Node> Node::move_to(Node target) {
  Place to{target.place(), target.path_};
  Place from{place(), path_};
  return move_node(*this, std::move(target), std::move(from), std::move(to), this);
}

Task<Node> Node::move_to(std::string address) {
  return at_address<Node>(manager_, std::move(address), [this](Node target) { return move_to(std::move(target)); });
}

}  // namespace genro::storage
