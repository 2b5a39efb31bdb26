// The files of a tree's copy, one by one and in batches. Used by TreeCopy.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "node/transfer/tree_plan.h"

namespace genro::storage {

/// Compares where Skip::hash asks for it, then copies. Tells of a comparison that failed.
Task<void> copy_job(TreePlan& plan, TreeJob& job);

/// The small ones of these files on this thread, which may wait. Gives the numbers of those that are too large for it.
std::vector<std::size_t> copy_small(TreePlan& plan, std::vector<TreeJob>& jobs, std::size_t begin, std::size_t end,
                                    const std::atomic<bool>& stop);

}  // namespace genro::storage
