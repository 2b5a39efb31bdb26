#include "node/transfer/tree_batch.h"

#include <utility>

#include "core/interruption.h"
#include "core/path.h"
#include "loop/offload.h"
#include "node/guard.h"
#include "node/transfer/copy_compare.h"

namespace genro::storage {
namespace {

bool compares_content(const TreePlan& plan, const TreeJob& job) {
  return plan.filter.skip() == Skip::hash && job.file.target && job.skipped.empty();
}

Task<void> compare(TreePlan& plan, TreeJob& job) {
  const WalkedFile& file = job.file;
  const bool explain = plan.options.on_skip != nullptr;
  Task<std::string> comparing =
      skipped_by_content(plan.from(file.relative), file.source, plan.to(file.relative), *file.target, explain);
  Result<std::string> compared = co_await comparing.as_result();
  if (compared.ok()) {
    job.skipped = std::move(compared).take();
    co_return;
  }
  const ErrorCode code = compared.error().code();
  const bool ends = code == ErrorCode::cancelled || code == ErrorCode::timeout;
  if (ends || is_interruption(compared.exception())) std::rethrow_exception(compared.exception());
  auto reporting = offload([&] { plan.report_error(file.relative, compared.exception()); });
  co_await reporting;
}

Task<void> copy_compared(TreePlan& plan, TreeJob& job) {
  const Location to = plan.to(job.file.relative);
  if (job.file.target && job.file.target->is_directory()) {
    throw failure(ErrorCode::is_directory, "copy", *to.mount, to.path, "a directory is where a file should be");
  }
  Task<CopyOfFile> copying = copy_file(plan.from(job.file.relative), to);
  const CopyOfFile copied = co_await copying;
  if (!plan.track_copied) co_return;
  Task<void> requiring = require_arrived(plan.from(job.file.relative), to, copied.entry);
  co_await requiring;
  if (copied.taken == job.file.source.size) co_return;
  // A source that changed meanwhile will be found out when it is to go; one that did not has a bad copy.
  Task<std::optional<Entry>> looking = plan.source.mount->backend->stat(plan.from(job.file.relative).path);
  const std::optional<Entry> now = co_await looking;
  if (now && now->size == job.file.source.size) {
    throw failure(ErrorCode::corrupt, "move", *to.mount, to.path, "the copy has another size than its source");
  }
}

/// What the store copies by itself, folder by folder, and whose job each name is.
struct Together {
  std::vector<BulkTransfer::Folder> folders;
  std::vector<std::vector<std::size_t>> jobs;
  std::string last;  // folder below the copied one

  static bool takes(const WalkedFile& file) {
    return file.source.is_file() && !file.source.is_link && (!file.known || file.source.size <= BulkTransfer::kSmall) &&
           (!file.target || file.target->is_file());
  }
  void add(const TreePlan& plan, const std::string& relative, std::size_t job) {
    const std::string_view folder = path::parent(relative);
    if (folders.empty() || folder != last) {
      last = folder;
      folders.push_back({plan.from(folder).path_in_base(), plan.to(folder).path_in_base(), {}});
      jobs.emplace_back();
    }
    folders.back().names.emplace_back(path::name(relative));
    jobs.back().push_back(job);
  }
};

/// Whether its size, which the walk may not have found out, lets it be copied at once.
bool is_small(TreePlan& plan, WalkedFile& file) {
  if (file.known) return file.source.size <= BulkTransfer::kSmall;
  const Location from = plan.from(file.relative);
  const std::optional<Entry> entry = from.mount->backend->stat(from.path).get();
  return !entry || entry->size <= BulkTransfer::kSmall;
}

}  // namespace

Task<void> copy_job(TreePlan& plan, TreeJob& job) {
  if (!job.skipped.empty()) co_return;
  if (compares_content(plan, job)) {
    Task<void> comparing = compare(plan, job);
    co_await comparing;
    if (!job.skipped.empty()) co_return;
  }
  Task<void> copying = copy_compared(plan, job);
  co_await copying;
}

std::vector<std::size_t> copy_small(TreePlan& plan, std::vector<TreeJob>& jobs, std::size_t begin, std::size_t end,
                                    const std::atomic<bool>& stop) {
  std::vector<std::size_t> large;
  std::vector<std::size_t> single;
  Together together;
  for (std::size_t i = begin; i < end && !stop; ++i) {
    TreeJob& job = jobs[i];
    if (!job.skipped.empty() || job.file.spellings) continue;
    if (job.file.known && job.file.source.size > BulkTransfer::kSmall) {
      large.push_back(i);
    } else if (plan.bulk && Together::takes(job.file)) {
      if (compares_content(plan, job)) compare(plan, job).get();
      if (job.skipped.empty()) together.add(plan, job.file.relative, i);
    } else {
      single.push_back(i);
    }
  }
  if (!together.folders.empty() && !stop) {
    for (const BulkTransfer::Left& left :
         plan.bulk->copy_files(*plan.source.mount->base_backend, together.folders, stop))
      single.push_back(together.jobs[left.folder][left.name]);
  }
  for (const std::size_t i : single) {
    if (stop) break;
    if (is_small(plan, jobs[i].file)) {
      copy_job(plan, jobs[i]).get();
    } else {
      large.push_back(i);
    }
  }
  return large;
}

}  // namespace genro::storage
