// TreeCopy: copies a folder with all below into another one, of any two mounts. Used by Node::copy_to and move_to.
// Two ways: with callbacks, walk first, then copy in windows and report in the order of the walk; without, copy while walking.
// Small files between places that need no network are copied by helper threads in batches, everything else by tasks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "genro/storage/node.h"
#include "loop/task_group.h"
#include "node/copy_filter.h"
#include "node/transfer.h"
#include "node/tree_walk.h"

namespace genro::storage {

class TreeCopy {
 public:
  /// Nodes given to callbacks belong to the managers.
  TreeCopy(std::shared_ptr<const ManagerState> source_manager, std::shared_ptr<const ManagerState> target_manager,
           Place source, Place target, CopyOptions options);
  /// The target's folder must exist. The first failure stops the rest and is thrown.
  Task<void> run();
  /// Paths of the source's files that have a copy now, and of its folders, deepest last. For moves.
  const std::vector<std::string>& copied() const noexcept { return copied_; }
  std::vector<std::string> folders() const;
  /// Keeps the list that copied() gives.
  void remember_copied() noexcept { remembers_ = true; }

 private:
  struct Job {
    WalkedFile file;
    std::string skipped;  // the reason, "" = copied
  };
  using Jobs = std::shared_ptr<std::vector<Job>>;
  struct Groups;

  Task<void> run_streaming();
  Task<void> run_ordered();
  Task<void> choose(std::vector<WalkedFile> found, std::vector<Job>& into);
  Task<void> produce(Groups& groups);
  Task<void> dispatch_all(Groups& groups, Jobs jobs, std::size_t begin, std::size_t end);
  Task<void> run_window(Jobs jobs, std::size_t begin, std::size_t end);
  Task<void> report(Jobs jobs, std::size_t begin, std::size_t end);
  Task<bool> dispatch(Groups& groups, Jobs jobs, std::size_t begin, std::size_t end);
  Task<void> copy_batch(Jobs jobs, std::size_t begin, std::size_t end);
  Task<void> copy_one(Jobs jobs, std::size_t index);
  Task<void> copy_job(Job& job);
  Node source_node(const std::string& relative) const;
  Node target_node(const std::string& relative) const;
  void remember(const std::vector<Job>& jobs);

  std::shared_ptr<const ManagerState> source_manager_;
  std::shared_ptr<const ManagerState> target_manager_;
  Place source_;
  Place target_;
  CopyOptions options_;
  CopyFilter filter_;
  TreeWalk walk_;
  bool near_;  // both sides without a network
  bool remembers_ = false;
  std::size_t total_ = 0;
  std::size_t finished_ = 0;
  std::vector<std::string> copied_;
};

}  // namespace genro::storage
