// TreeCopy: copies a folder with all below into another one, of any two mounts. Used by Node::copy_to and move_to.
// Two ways: with callbacks, walk first, then copy in windows and report in the order of the walk; without, copy while walking.
// Names that the target may take for one another go by themselves, after those around them and one after the other.
// Small files between places that need no network are copied by helper threads in batches, everything else by tasks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "genro/storage/node.h"
#include "loop/task_group.h"
#include "node/transfer/tree_batch.h"
#include "node/transfer/tree_plan.h"
#include "node/transfer/tree_walk.h"

namespace genro::storage {

/// A file that has a copy now, as the walk saw it.
struct CopiedFile {
  std::string relative;
  Entry source;
};

class TreeCopy {
 public:
  /// Refers to the plan. The target's folder must exist.
  explicit TreeCopy(TreePlan& plan) : plan_(plan), walk_(plan) {}
  /// The first failure stops the rest and is thrown.
  Task<void> run();
  /// With TreePlan::track_copied: what was copied, in no order, and how many things could not be.
  const std::vector<CopiedFile>& copied() const noexcept { return copied_; }
  /// Relative paths of the source's folders, deepest last; "" is the first.
  const std::vector<std::string>& folders() const noexcept { return walk_.folders(); }

 private:
  using Jobs = std::shared_ptr<std::vector<TreeJob>>;
  struct Groups;

  Task<void> run_streaming();
  Task<void> run_ordered();
  Task<void> choose(std::vector<WalkedFile> found, std::vector<TreeJob>& into);
  void choose_one(WalkedFile& file, std::vector<TreeJob>& into);
  Task<void> produce(Groups& groups);
  Task<void> dispatch_all(Groups& groups, Jobs jobs, std::size_t begin, std::size_t end);
  Task<bool> dispatch(Groups& groups, Jobs jobs, std::size_t begin, std::size_t end);
  Task<void> copy_batch(Jobs jobs, std::size_t begin, std::size_t end);
  Task<void> copy_one(Jobs jobs, std::size_t index);
  Task<void> copy_doubtful(Jobs jobs, std::size_t begin, std::size_t end);
  Task<void> copy_unless_taken(TreeJob& job);
  void report_taken(const WalkedFile& file);
  Task<void> run_window(Jobs jobs, std::size_t begin, std::size_t end);
  void ask_custom(TreeJob& job);
  Task<void> report(Jobs jobs, std::size_t begin, std::size_t end);
  void remember(const std::vector<TreeJob>& jobs);

  TreePlan& plan_;
  TreeWalk walk_;
  std::size_t total_ = 0;
  std::size_t finished_ = 0;
  std::vector<CopiedFile> copied_;
};

}  // namespace genro::storage
