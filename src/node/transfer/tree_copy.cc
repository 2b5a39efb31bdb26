#include "node/transfer/tree_copy.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/interruption.h"
#include "core/path.h"
#include "loop/give_way.h"
#include "loop/offload.h"
#include "loop/stop_flag.h"
#include "node/guard.h"

namespace genro::storage {
namespace {

constexpr std::size_t kBatch = 64;       // small files worth a helper thread
constexpr std::size_t kBatchMost = 256;  // small files a helper thread takes at once
constexpr std::size_t kWindowMost = 32;  // files copied before their callbacks are due
constexpr std::size_t kRemoteWorkers = 16;
constexpr std::size_t kLargeAtOnce = 4;
constexpr std::uint64_t kWindowBytes = 8 << 20;

const std::size_t kLocalWorkers = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 4);

/// Batches begun: with some waiting behind those that run, no helper thread waits for the walk.
std::size_t local_batches() { return kLocalWorkers + 2; }

bool has_no_copy(const WalkedFile& file) {
  return !file.source.is_file() || !file.no_copy.empty() || !file.taken.empty();
}

/// The reason why there can be no copy; "" when there can.
std::string no_copy_reason(const WalkedFile& file) {
  if (!file.taken.empty()) return "the destination takes its name for that of '" + file.taken + "'";
  if (!file.no_copy.empty() || file.source.is_file()) return file.no_copy;
  return file.source.is_link ? "a link that leads nowhere or out of the mount" : "neither a file nor a directory";
}

}  // namespace

struct TreeCopy::Groups {
  Groups(Context& context, bool both_local)
      : small(context, both_local ? local_batches() : kRemoteWorkers), large(context, kLargeAtOnce) {}
  TaskGroup small;
  TaskGroup large;

  /// Waits for both; `produced` is how the making of their tasks ended.
  static Task<void> finish(Groups& groups, Result<void> produced) {
    const Error reason(ErrorCode::cancelled, "stopped because another file failed");
    if (!produced.ok()) groups.small.stop(reason);
    Task<void> small = groups.small.join();
    const Result<void> first = co_await small.as_result();
    if (!first.ok()) groups.large.stop(reason);
    Task<void> large = groups.large.join();
    const Result<void> second = co_await large.as_result();
    if (!produced.ok()) std::rethrow_exception(produced.exception());
    // A group that was only stopped says so; the other one knows why.
    if (!second.ok() && second.error().code() != ErrorCode::cancelled) std::rethrow_exception(second.exception());
    if (!first.ok()) std::rethrow_exception(first.exception());
    if (!second.ok()) std::rethrow_exception(second.exception());
  }
};

Task<void> TreeCopy::run() {
  co_await hop();
  Task<void> running = plan_.ordered ? run_ordered() : run_streaming();
  co_await running;
  Task<void> recording = walk_.finish();
  co_await recording;
}

/// That the destination has written another file or folder of the same source folder under what it takes for the same name.
void TreeCopy::report_taken(const WalkedFile& file) {
  const std::string other = path::join(path::parent(file.relative), file.taken);
  plan_.report_error(file.relative,
                     std::make_exception_ptr(failure(ErrorCode::already_exists, "copy", *plan_.target.mount,
                                                     plan_.to(file.relative).path,
                                                     "not copied: the destination takes this name for that of " +
                                                         plan_.from(other).address() + ", which was copied")));
}

/// Filters one file. What can be no copy is told, and left out.
void TreeCopy::choose_one(WalkedFile& file, std::vector<TreeJob>& into) {
  const CopyOptions& options = plan_.options;
  const Node node = options.filter || options.on_skip ? plan_.source_node(file.relative) : Node();
  std::string reason = file.left_out.empty() ? plan_.filter.excluded(node, file.relative) : file.left_out;
  if (reason.empty() && has_no_copy(file)) {
    reason = no_copy_reason(file);
    if (!file.taken.empty()) {
      report_taken(file);
    } else if (!reason.empty() && !options.on_skip) {
      const Location place = plan_.from(file.relative);
      plan_.report_error(file.relative, std::make_exception_ptr(Error(ErrorCode::invalid_argument, "copy",
                                                                      place.address(), "left out: " + reason)));
    }
  }
  if (!reason.empty()) {
    if (options.on_skip) options.on_skip(node, reason);
    return;
  }
  std::string skipped = plan_.filter.skipped(file.source, file.target);
  into.emplace_back(std::move(file), std::move(skipped));
}

/// Filters what the walk found. User functions run on a thread that may wait.
Task<void> TreeCopy::choose(std::vector<WalkedFile> found, std::vector<TreeJob>& into) {
  const bool special = std::any_of(found.begin(), found.end(), has_no_copy);
  if (into.empty()) into.reserve(found.size());
  StopFlag stopped;
  const auto choose_all = [&] {
    for (WalkedFile& file : found) {
      if (stopped.raised()) return;
      choose_one(file, into);
    }
  };
  if (!plan_.options.filter && !plan_.options.on_skip && !special) {
    choose_all();
    co_return;
  }
  Context& context = co_await current_context();
  if (!context.scope->add(stopped)) context.scope->check();
  auto choosing = offload(choose_all);
  co_await choosing;
  context.scope->check();
}

Task<void> TreeCopy::run_streaming() {
  Context& context = co_await current_context();
  Groups groups(context, plan_.both_local);
  Task<void> producing = produce(groups);
  Result<void> produced = co_await producing.as_result();
  Task<void> finishing = Groups::finish(groups, std::move(produced));
  co_await finishing;
}

Task<void> TreeCopy::produce(Groups& groups) {
  Jobs jobs = std::make_shared<std::vector<TreeJob>>();
  for (;;) {
    Task<std::optional<std::vector<WalkedFile>>> walking = walk_.next();
    std::optional<std::vector<WalkedFile>> found = co_await walking;
    if (found) {
      Task<void> choosing = choose(std::move(*found), *jobs);
      co_await choosing;
      // What was skipped is done with, unless its name may be another one's.
      std::erase_if(*jobs, [](const TreeJob& job) { return !job.skipped.empty() && !job.file.spellings; });
    }
    if (found && jobs->size() < kBatch) continue;
    if (plan_.track_copied) remember(*jobs);
    // Whole folders to one thread: two in one folder would wait for each other.
    for (std::size_t begin = 0; begin < jobs->size(); begin += kBatchMost) {
      Task<bool> dispatching = dispatch(groups, jobs, begin, std::min(begin + kBatchMost, jobs->size()));
      const bool goes_on = co_await dispatching;
      if (!goes_on) co_return;
    }
    Task<void> copying = copy_doubtful(jobs, 0, jobs->size());
    co_await copying;
    if (!found) co_return;
    jobs = std::make_shared<std::vector<TreeJob>>();
  }
}

void TreeCopy::remember(const std::vector<TreeJob>& jobs) {
  for (const TreeJob& job : jobs) {
    if (!job.file.spellings) copied_.push_back({job.file.relative, job.file.source});
  }
}

Task<void> TreeCopy::copy_doubtful(Jobs jobs, std::size_t begin, std::size_t end) {
  for (; begin < end; ++begin) {
    if (!(*jobs)[begin].file.spellings) continue;
    Task<void> copying = copy_unless_taken((*jobs)[begin]);
    co_await copying;
  }
}

Task<void> TreeCopy::copy_unless_taken(TreeJob& job) {
  WalkedFile& file = job.file;
  const std::string name(path::name(file.relative));
  if (job.skipped.empty()) {
    auto asking = offload([&] { return file.spellings->taken_as(name); }, plan_.target_folders->threads());
    file.taken = co_await asking;
  }
  if (!file.taken.empty()) {
    job.skipped = no_copy_reason(file);
    auto reporting = offload([&] { report_taken(file); });
    co_await reporting;
    co_return;
  }
  const bool wanted = job.skipped.empty();
  Task<void> copying = copy_job(plan_, job);
  co_await copying;
  if (plan_.track_copied && wanted) copied_.push_back({file.relative, file.source});
  auto recording = offload([&] { file.spellings->record(name); }, plan_.target_folders->threads());
  co_await recording;
}

/// Starts the copies; false when one has failed.
Task<bool> TreeCopy::dispatch(Groups& groups, Jobs jobs, std::size_t begin, std::size_t end) {
  if (plan_.both_local) {
    Task<bool> waiting = groups.small.room();
    const bool room = co_await waiting;
    if (!room) co_return false;
    groups.small.spawn(copy_batch(jobs, begin, end));
    co_return true;
  }
  Stretch stretch;
  for (std::size_t i = begin; i < end; ++i) {
    if ((*jobs)[i].file.spellings) continue;
    TaskGroup& group = (*jobs)[i].file.source.size > BulkTransfer::kSmall ? groups.large : groups.small;
    Task<bool> waiting = group.room();
    const bool room = co_await waiting;
    if (!room) co_return false;
    group.spawn(copy_one(jobs, i));
    co_await give_way(stretch, kEntryBytes);
  }
  co_return true;
}

/// The small ones by a helper thread that drives them itself; then the large ones, which can be stopped in the middle.
Task<void> TreeCopy::copy_batch(Jobs jobs, std::size_t begin, std::size_t end) {
  Context& context = co_await current_context();
  StopFlag stopped;
  if (!context.scope->add(stopped)) context.scope->check();
  auto copying = offload_elsewhere(
      [this, jobs, begin, end, &stopped] { return copy_small(plan_, *jobs, begin, end, stopped.raised()); });
  const std::vector<std::size_t> large = co_await copying;
  context.scope->check();
  for (const std::size_t index : large) {
    Task<void> one = copy_job(plan_, (*jobs)[index]);
    co_await one;
  }
}

Task<void> TreeCopy::copy_one(Jobs jobs, std::size_t index) {
  Task<void> copying = copy_job(plan_, (*jobs)[index]);
  co_await copying;
}

Task<void> TreeCopy::run_ordered() {
  Jobs jobs = std::make_shared<std::vector<TreeJob>>();
  for (;;) {
    Task<std::optional<std::vector<WalkedFile>>> walking = walk_.next();
    std::optional<std::vector<WalkedFile>> found = co_await walking;
    if (!found) break;
    Task<void> choosing = choose(std::move(*found), *jobs);
    co_await choosing;
  }
  total_ = jobs->size();
  // Windows grow: a callback that ends the copy early finds little done beyond its file.
  std::size_t window = 1;
  for (std::size_t begin = 0; begin < jobs->size();) {
    std::size_t end = begin;
    for (std::uint64_t bytes = 0; end < jobs->size() && end - begin < window && bytes < kWindowBytes; ++end) {
      bytes += (*jobs)[end].file.source.size;
    }
    Task<void> copying = run_window(jobs, begin, end);
    co_await copying;
    Task<void> reporting = report(jobs, begin, end);
    co_await reporting;
    begin = end;
    window = std::min(window * 2, kWindowMost);
  }
}

void TreeCopy::ask_custom(TreeJob& job) {
  if (!job.file.target) return;
  try {
    job.skipped =
        plan_.filter.skipped_by_function(plan_.source_node(job.file.relative), plan_.target_node(job.file.relative));
  } catch (const Interruption&) {
    throw;
  } catch (const std::exception&) {  // what cannot be compared is copied
    plan_.report_error(job.file.relative, std::current_exception());
  }
}

Task<void> TreeCopy::run_window(Jobs jobs, std::size_t begin, std::size_t end) {
  Context& context = co_await current_context();
  if (plan_.filter.skip() == Skip::custom) {
    StopFlag stopped;
    if (!context.scope->add(stopped)) context.scope->check();
    auto asking = offload([&] {
      for (std::size_t i = begin; i < end && !stopped.raised(); ++i) ask_custom((*jobs)[i]);
    });
    co_await asking;
    context.scope->check();
  }
  Groups groups(context, plan_.both_local);
  Task<void> producing = dispatch_all(groups, jobs, begin, end);
  Result<void> produced = co_await producing.as_result();
  Task<void> finishing = Groups::finish(groups, std::move(produced));
  co_await finishing;
  Task<void> copying = copy_doubtful(jobs, begin, end);
  co_await copying;
}

Task<void> TreeCopy::dispatch_all(Groups& groups, Jobs jobs, std::size_t begin, std::size_t end) {
  const std::size_t share = std::max<std::size_t>(1, (end - begin + kLocalWorkers - 1) / kLocalWorkers);
  for (; begin < end; begin += share) {
    Task<bool> dispatching = dispatch(groups, jobs, begin, std::min(begin + share, end));
    const bool goes_on = co_await dispatching;
    if (!goes_on) co_return;
  }
}

Task<void> TreeCopy::report(Jobs jobs, std::size_t begin, std::size_t end) {
  Context& context = co_await current_context();
  StopFlag stopped;
  if (!context.scope->add(stopped)) context.scope->check();
  auto reporting = offload([&] {
    for (std::size_t i = begin; i < end && !stopped.raised(); ++i) {
      const TreeJob& job = (*jobs)[i];
      if (!job.skipped.empty()) {
        if (plan_.options.on_skip) plan_.options.on_skip(plan_.source_node(job.file.relative), job.skipped);
      } else if (plan_.options.on_file) {
        plan_.options.on_file(plan_.source_node(job.file.relative));
      }
      ++finished_;
      if (plan_.options.progress) plan_.options.progress(finished_, total_);
    }
  });
  co_await reporting;
  context.scope->check();
}

}  // namespace genro::storage
