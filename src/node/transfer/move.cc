// Node::move_to. In order: refusals (before anything is touched), a rename where the stores can, else a copy. Then the source
// is listed anew, and goes away file by file where it still is what was copied. What is not a file or folder, what lies
// behind a link, and what changed meanwhile stays.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "backend/lister.h"
#include "core/path.h"
#include "genro/storage/node.h"
#include "loop/offload.h"
#include "node/encryption/encryption.h"
#include "node/guard.h"
#include "node/overlap.h"
#include "node/transfer/copy_guard.h"
#include "node/transfer/folder_modes.h"
#include "node/transfer/tree_copy.h"
#include "node/tree/tree.h"

namespace genro::storage {
namespace {

bool unchanged(const Entry& before, const Entry& now) {
  if (!now.is_file() || before.size != now.size) return false;
  if (!before.etag.empty() && !now.etag.empty()) return before.etag == now.etag;
  return before.mtime_ns == now.mtime_ns;
}

Error changed(const Location& from, const std::string& path) {
  return failure(ErrorCode::precondition_failed, "move", *from.mount, path,
                 "the source changed while it was being moved: it was copied, and stays");
}

/// Inside one store, or between two of a kind: a rename, when nothing has to be merged. False: it must be copied.
Task<bool> rename_node(Location from, Location to, Entry source, std::optional<Entry> there) {
  const bool can = from.mount->caps.rename && to.mount->caps.rename && !from.path.empty() && !to.path.empty();
  if (!can || (source.is_directory() && there)) co_return false;
  // A rename does not look at contents: plaintext would come to where all is to be encrypted.
  if (encrypts(*to.mount, {}) && from.mount != to.mount) co_return false;
  try {
    if (one_store(*from.mount, *to.mount)) {
      Task<void> renaming = from.mount->base_backend->rename(from.path_in_base(), to.path_in_base());
      co_await renaming;
      co_return true;
    }
    BulkTransfer* bulk = bulk_between(*from.mount, *to.mount);
    if (!bulk) co_return false;
    const auto take = [&] {
      return bulk->rename_from(*from.mount->base_backend, from.path_in_base(), to.path_in_base());
    };
    auto taking = offload(take);
    co_return co_await taking;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw located(error, "move", *from.mount, from.path);
  }
  co_return false;
}

Task<void> remove_folders(Location from, const std::vector<std::string>& relative) {
  for (std::size_t i = relative.size(); i-- > 0;) {
    const std::string path = path::join(from.path, relative[i]);
    if (path.empty()) continue;
    Task<void> removing = from.mount->backend->remove(path);
    const Result<void> removed = co_await removing.as_result();
    // What came in meanwhile, or was not copied, stays with its folder.
    if (!removed.ok() && removed.error().code() != ErrorCode::not_empty) std::rethrow_exception(removed.exception());
  }
}

/// An object that stands for a folder.
bool is_mark(const Entry& entry) { return entry.is_directory() && entry.path.ends_with('/'); }

/// The folder, below the moved one.
std::string_view marked_by(const Entry& mark, const Location& from) {
  const std::string_view path = mark.path;
  return path::relative_to(path.substr(0, path.size() - 1), from.path);
}

/// Takes away what has arrived and is still the same; throws for the first file that is not.
Task<void> remove_moved(Location from, const TreeCopy& tree) {
  std::unordered_map<std::string_view, const Entry*> copied;
  copied.reserve(tree.copied().size());
  for (const CopiedFile& file : tree.copied()) copied.emplace(file.relative, &file.source);
  const std::unordered_set<std::string_view> folders(tree.folders().begin(), tree.folders().end());
  std::vector<std::string> gone;
  std::string stays;
  ListerOptions options;
  options.recursive = true;
  options.as_stored = true;  // marks of folders go with what was in them
  Lister lister(from.mount->backend, from.path, options);
  for (;;) {
    Task<std::optional<std::vector<Entry>>> listing = lister.next();
    const std::optional<std::vector<Entry>> entries = co_await listing;
    if (!entries) break;
    for (const Entry& entry : *entries) {
      if (is_mark(entry)) {
        if (folders.contains(marked_by(entry, from))) gone.push_back(entry.path);
        continue;
      }
      const auto found = copied.find(path::relative_to(entry.path, from.path));
      if (found == copied.end()) continue;
      if (unchanged(*found->second, entry)) {
        gone.push_back(entry.path);
      } else if (stays.empty()) {
        stays = entry.path;
      }
    }
  }
  Task<void> removing = remove_paths(from.mount, std::move(gone), "move");
  co_await removing;
  if (from.mount->caps.make_dir) {
    Task<void> emptying = remove_folders(from, tree.folders());
    co_await emptying;
  }
  if (!stays.empty()) throw changed(from, stays);
}

Task<std::string> move_file(Location from, Location to, Entry entry) {
  Task<CopyOfFile> copying = copy_file(from, to);
  const CopyOfFile copied = co_await copying;
  Task<void> requiring = require_arrived(from, to, copied.entry);
  co_await requiring;
  Task<std::optional<Entry>> looking = from.mount->backend->stat(from.path);
  const std::optional<Entry> now = co_await looking;
  if (now && !unchanged(entry, *now)) throw changed(from, from.path);
  if (copied.taken != entry.size) {
    throw failure(ErrorCode::corrupt, "move", *to.mount, to.path, "the copy has another size than " + from.address());
  }
  Task<void> removing = from.mount->backend->remove(from.path);
  co_await removing;
  co_return copied.entry.path;
}

Task<void> move_folder(Node source, Node target, Location from, Location to, Entry entry, bool exists,
                       MoveOptions options) {
  FolderModes modes;
  if (!exists) {
    Task<void> making = ensure_folder(to.mount, to.path);
    co_await making;
    Task<void> giving = modes.give(to, entry.mode);
    co_await giving;
  }
  CopyOptions copy_options;
  copy_options.on_error = std::move(options.on_error);
  TreePlan plan(source.manager(), target.manager(), from, to, std::move(copy_options), true);
  TreeCopy tree(plan);
  Task<void> copying = tree.run();
  co_await copying;
  Task<void> settling = modes.apply();
  co_await settling;
  // Of a link to a folder only the link goes: what it leads to is not ours to empty.
  Task<void> removing = entry.is_link ? from.mount->backend->remove(from.path) : remove_moved(from, tree);
  co_await removing;
}

Task<std::string> move_place(Node source, Node target, Location from, Location to, MoveOptions options) {
  Task<Entry> requiring = require_source(from);
  const Entry entry = co_await requiring;
  if (same_location(from, to)) co_return to.path;
  require_remove(*from.mount, "move", from.path);
  require_write(*to.mount, "move", to.path);
  Task<Target> looking = look_at_target(from, to, entry);
  const Target found = co_await looking;
  if (found.is_source) {
    if (differ_in_case(from, to)) {  // of one folder: where the file system keeps spellings, it gets the new one
      Task<bool> respelling = rename_node(from, to, entry, std::nullopt);
      co_await respelling;
    }
    co_return to.path;
  }
  Task<bool> renaming = rename_node(from, to, entry, found.entry);
  const bool renamed = co_await renaming;
  if (renamed) co_return to.path;
  if (entry.is_file()) {
    Task<std::string> moving = move_file(from, to, entry);
    co_return co_await moving;
  }
  Task<void> moving = move_folder(source, target, from, to, entry, found.entry.has_value(), std::move(options));
  co_await moving;
  co_return to.path;
}

Task<Node> move_node(Node source, Node target, Location from, Location to, MoveOptions options, Node* self) {
  Task<std::string> moving = move_place(source, target, from, to, std::move(options));
  std::string path = co_await moving;
  Node moved(target.manager(), target.mount(), std::move(path));
  *self = moved;
  co_return moved;
}

Task<Node> move_to_address(Node* self, std::string address, MoveOptions options) {
  Task<Node> moving = self->move_to(node_of_address(self->manager(), address), std::move(options));
  co_return co_await moving;
}

}  // namespace

Task<Node> Node::move_to(Node target, MoveOptions options) {
  Location to{target.mount_or_detached(), target.path_};
  Location from{mount_or_detached(), path_};
  return move_node(*this, std::move(target), std::move(from), std::move(to), std::move(options), this);
}

Task<Node> Node::move_to(std::string address, MoveOptions options) {
  return move_to_address(this, std::move(address), std::move(options));
}

}  // namespace genro::storage
