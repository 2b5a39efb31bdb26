// Node::copy_to: one file, or a folder that merges with what is at the target. See copy_guard.h for what is refused.
#include <utility>

#include "core/interruption.h"
#include "core/path.h"
#include "genro/storage/node.h"
#include "loop/offload.h"
#include "node/guard.h"
#include "node/snapshot.h"
#include "node/transfer/copy_compare.h"
#include "node/transfer/copy_filter.h"
#include "node/transfer/copy_guard.h"
#include "node/transfer/folder_modes.h"
#include "node/transfer/tree_copy.h"
#include "node/tree/tree.h"
#include "node/virtual/content.h"

namespace genro::storage {
namespace {

/// The copy of one file.
struct FileCopy {
  Node source;
  Node target;
  CopyOptions options;
  CopyFilter filter;
  Location from;
  Location to;
  Entry entry;
  std::optional<Entry> there;
  bool itself = false;
};

Task<std::string> compare(FileCopy& copy) {
  if (copy.filter.skip() == Skip::custom) {
    auto asking = offload([&copy] { return copy.filter.skipped_by_function(copy.source, copy.target); });
    co_return co_await asking;
  }
  if (copy.filter.skip() != Skip::hash) co_return copy.filter.skipped(copy.entry, copy.there);
  const bool explain = copy.options.on_skip != nullptr;
  Task<std::string> comparing = skipped_by_content(copy.from, copy.entry, copy.to, *copy.there, explain);
  co_return co_await comparing;
}

/// The reason to skip; what cannot be compared is copied, and told.
Task<std::string> reason_to_skip(FileCopy& copy) {
  if (!copy.there) co_return std::string();
  Task<std::string> comparing = compare(copy);
  Result<std::string> compared = co_await comparing.as_result();
  if (compared.ok()) co_return std::move(compared).take();
  const ErrorCode code = compared.error().code();
  const bool ends = code == ErrorCode::cancelled || code == ErrorCode::timeout;
  if (ends || is_interruption(compared.exception())) std::rethrow_exception(compared.exception());
  if (copy.options.on_error) {
    auto reporting = offload([&] { copy.options.on_error(copy.source, compared.exception()); });
    co_await reporting;
  }
  co_return std::string();
}

Task<Node> copy_one_file(FileCopy copy) {
  Task<std::string> deciding = reason_to_skip(copy);
  const std::string skipped = co_await deciding;
  if (skipped.empty() && copy.itself) {
    // Under two names of one file shutil refuses a copy; elsewhere it is as if it had been made.
    if (copy.from.mount->caps.hard_links) {
      throw Error(ErrorCode::same_file, "copy", copy.to.address(),
                  "the same file as the source, " + copy.from.address());
    }
  } else if (skipped.empty()) {
    Task<CopyOfFile> copying = copy_file(copy.from, copy.to);
    const CopyOfFile copied = co_await copying;
    const std::string& path = copied.entry.path;
    if (path != copy.to.path) copy.target = Node(copy.target.manager(), copy.to.mount, path);
  }
  const CopyOptions& options = copy.options;
  if (options.on_skip || options.on_file || options.progress) {
    auto reporting = offload([&] {
      if (!skipped.empty() && options.on_skip) options.on_skip(copy.source, skipped);
      if (skipped.empty() && options.on_file) options.on_file(copy.source);
      if (options.progress) options.progress(1, 1);
    });
    co_await reporting;
  }
  co_return copy.target;
}

Task<Node> copy_node(Node source, Node target, CopyOptions options, Location from, Location to) {
  if (from.mount->snapshot) {
    Task<MountPointer> pinning = pinned(from.mount, from.path);
    from.mount = co_await pinning;
  }
  Task<Entry> requiring = require_source(from);
  const Entry entry = co_await requiring;
  if (options.skip == Skip::custom && !options.skip_fn) {
    throw Error(ErrorCode::invalid_argument, "copy", source.fullpath(), "skip='custom' requires skip_fn");
  }
  require_write(*to.mount, "copy", to.path);
  Task<Target> looking = look_at_target(from, to, entry);
  const Target found = co_await looking;
  if (entry.is_file()) {
    Task<bool> comparing = are_hard_links(from, to, entry, found.entry);
    const bool linked = co_await comparing;
    const bool itself = found.is_source || linked;
    CopyFilter filter(options);
    Task<Node> copying =
        copy_one_file({source, target, std::move(options), std::move(filter), from, to, entry, found.entry, itself});
    co_return co_await copying;
  }
  if (found.is_source) co_return target;
  FolderModes modes;
  if (!found.entry) {
    Task<void> making = ensure_folder(to.mount, to.path);
    co_await making;
    Task<void> giving = modes.give(to, entry.mode);
    co_await giving;
  }
  TreePlan plan(source.manager(), target.manager(), from, to, std::move(options), false);
  TreeCopy tree(plan);
  Task<void> copying = tree.run();
  co_await copying;
  Task<void> settling = modes.apply();
  co_await settling;
  co_return target;
}

Task<Node> copy_to_address(Node source, std::string address, CopyOptions options) {
  Task<Node> copying = source.copy_to(node_of_address(source.manager(), address), std::move(options));
  co_return co_await copying;
}

}  // namespace

Task<Node> Node::copy_to(Node target, CopyOptions options) const {
  if (is_virtual()) return materialise(*this, std::move(target), std::move(options));
  Location to{target.mount_or_detached(), target.path_};
  return copy_node(*this, std::move(target), std::move(options), {mount_or_detached(), path_}, std::move(to));
}

Task<Node> Node::copy_to(std::string address, CopyOptions options) const {
  return copy_to_address(*this, std::move(address), std::move(options));
}

}  // namespace genro::storage
