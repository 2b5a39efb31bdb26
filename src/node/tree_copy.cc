#include "node/tree_copy.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "core/path.h"
#include "loop/offload.h"
#include "node/guard.h"

namespace genro::storage {
namespace {

constexpr std::uint64_t kSmall =
    1 << 20;  // copied by helper threads, many in one go; larger ones can be stopped in the middle
constexpr std::size_t kBatch = 64;       // small files a helper thread takes at once
constexpr std::size_t kWindowMost = 32;  // files copied before their callbacks are due
constexpr std::size_t kFarWorkers = 16;
constexpr std::size_t kLargeAtOnce = 4;
constexpr std::uint64_t kWindowBytes = 8 << 20;

std::size_t near_workers() {
  static const std::size_t workers = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 4);
  return workers;
}

/// Tells a helper thread that the operation was stopped.
class StopFlag final : public Stoppable {
 public:
  bool raised() const noexcept { return raised_.load(std::memory_order_relaxed); }
  void stop(const Error&) noexcept override { raised_.store(true, std::memory_order_relaxed); }

 private:
  std::atomic<bool> raised_{false};
};

}  // namespace

struct TreeCopy::Groups {
  Groups(Context& context, bool near)
      : small(context, near ? near_workers() : kFarWorkers), large(context, kLargeAtOnce) {}
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

TreeCopy::TreeCopy(std::shared_ptr<const ManagerState> source_manager,
                   std::shared_ptr<const ManagerState> target_manager, Place source, Place target, CopyOptions options)
    : source_manager_(std::move(source_manager)),
      target_manager_(std::move(target_manager)),
      source_(std::move(source)),
      target_(std::move(target)),
      options_(std::move(options)),
      filter_(options_),
      walk_(source_, target_, filter_.compares()),
      near_(!source_.mount->caps.needs_network && !target_.mount->caps.needs_network) {}

Node TreeCopy::source_node(const std::string& relative) const {
  return Node(source_manager_, source_.mount, path::join(source_.path, relative));
}
Node TreeCopy::target_node(const std::string& relative) const {
  return Node(target_manager_, target_.mount, path::join(target_.path, relative));
}

std::vector<std::string> TreeCopy::folders() const {
  std::vector<std::string> paths;
  paths.reserve(walk_.folders().size());
  for (const std::string& relative : walk_.folders()) paths.push_back(path::join(source_.path, relative));
  return paths;
}

Task<void> TreeCopy::run() {
  co_await hop();
  const bool ordered =
      options_.progress || options_.on_file || options_.on_skip || options_.filter || filter_.skip() == Skip::custom;
  Task<void> running = ordered ? run_ordered() : run_streaming();
  co_await running;
}

/// Filters what the walk found. User functions run on a thread that may wait.
Task<void> TreeCopy::choose(std::vector<WalkedFile> found, std::vector<Job>& into) {
  const auto choose_all = [&] {
    for (WalkedFile& file : found) {
      const Node node = options_.filter || options_.on_skip ? source_node(file.relative) : Node();
      const std::string reason = file.source.is_file() ? filter_.excluded(node, file.relative) : "not a regular file";
      if (reason.empty()) {
        std::string skipped = filter_.skipped(file.source, file.target);
        into.push_back({std::move(file), std::move(skipped)});
      } else if (options_.on_skip) {
        options_.on_skip(node, reason);
      }
    }
  };
  if (!options_.filter && !options_.on_skip) {
    choose_all();
    co_return;
  }
  auto choosing = offload(choose_all);
  co_await choosing;
}

Task<void> TreeCopy::run_streaming() {
  Context& context = co_await current_context();
  Groups groups(context, near_);
  Task<void> producing = produce(groups);
  Result<void> produced = co_await producing.as_result();
  Task<void> finishing = Groups::finish(groups, std::move(produced));
  co_await finishing;
}

Task<void> TreeCopy::produce(Groups& groups) {
  Jobs jobs = std::make_shared<std::vector<Job>>();
  for (;;) {
    Task<std::optional<std::vector<WalkedFile>>> walking = walk_.next();
    std::optional<std::vector<WalkedFile>> found = co_await walking;
    if (found) {
      Task<void> choosing = choose(std::move(*found), *jobs);
      co_await choosing;
      std::erase_if(*jobs, [](const Job& job) { return !job.skipped.empty(); });
    }
    if (found && jobs->size() < kBatch) continue;
    if (remembers_) remember(*jobs);
    for (std::size_t begin = 0; begin < jobs->size(); begin += kBatch) {
      Task<bool> dispatching = dispatch(groups, jobs, begin, std::min(begin + kBatch, jobs->size()));
      const bool goes_on = co_await dispatching;
      if (!goes_on) co_return;
    }
    if (!found) co_return;
    jobs = std::make_shared<std::vector<Job>>();
  }
}

void TreeCopy::remember(const std::vector<Job>& jobs) {
  for (const Job& job : jobs) copied_.push_back(path::join(source_.path, job.file.relative));
}

/// Starts the copies; false when one has failed.
Task<bool> TreeCopy::dispatch(Groups& groups, Jobs jobs, std::size_t begin, std::size_t end) {
  if (near_) {
    Task<bool> waiting = groups.small.room();
    const bool room = co_await waiting;
    if (!room) co_return false;
    groups.small.spawn(copy_batch(jobs, begin, end));
  }
  for (std::size_t i = begin; i < end; ++i) {
    const bool large = (*jobs)[i].file.source.size > kSmall;
    if (near_ && !large) continue;
    TaskGroup& group = large ? groups.large : groups.small;
    Task<bool> waiting = group.room();
    const bool room = co_await waiting;
    if (!room) co_return false;
    group.spawn(copy_one(jobs, i));
  }
  co_return true;
}

/// The small ones of these files, one after the other, by a helper thread that drives them itself.
Task<void> TreeCopy::copy_batch(Jobs jobs, std::size_t begin, std::size_t end) {
  Context& context = co_await current_context();
  StopFlag stopped;
  if (!context.scope->add(stopped)) context.scope->check();
  auto copying = offload_elsewhere([this, jobs, begin, end, &stopped] {
    for (std::size_t i = begin; i < end && !stopped.raised(); ++i) {
      if ((*jobs)[i].file.source.size <= kSmall) copy_job((*jobs)[i]).get();
    }
  });
  co_await copying;
  context.scope->check();
}

Task<void> TreeCopy::copy_one(Jobs jobs, std::size_t index) {
  Task<void> copying = copy_job((*jobs)[index]);
  co_await copying;
}

Task<void> TreeCopy::copy_job(Job& job) {
  if (!job.skipped.empty()) co_return;
  const Place from{source_.mount, path::join(source_.path, job.file.relative)};
  const Place to{target_.mount, path::join(target_.path, job.file.relative)};
  if (filter_.skip() == Skip::hash && job.file.target) {
    Task<std::string> comparing = skipped_by_hash(from, job.file.source, to, *job.file.target);
    job.skipped = co_await comparing;
    if (!job.skipped.empty()) co_return;
  }
  if (job.file.target && job.file.target->is_directory()) {
    throw failure(ErrorCode::is_directory, "copy", *to.mount, to.path, "a folder is where a file is to be");
  }
  Task<Entry> copying = copy_file(from, to, job.file.source);
  co_await copying;
}

Task<void> TreeCopy::run_ordered() {
  Jobs jobs = std::make_shared<std::vector<Job>>();
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

Task<void> TreeCopy::run_window(Jobs jobs, std::size_t begin, std::size_t end) {
  if (filter_.skip() == Skip::custom) {
    auto asking = offload([&] {
      for (std::size_t i = begin; i < end; ++i) {
        Job& job = (*jobs)[i];
        if (!job.file.target) continue;
        job.skipped = filter_.skipped_by_function(source_node(job.file.relative), target_node(job.file.relative));
      }
    });
    co_await asking;
  }
  Context& context = co_await current_context();
  Groups groups(context, near_);
  Task<void> producing = dispatch_all(groups, jobs, begin, end);
  Result<void> produced = co_await producing.as_result();
  Task<void> finishing = Groups::finish(groups, std::move(produced));
  co_await finishing;
}

Task<void> TreeCopy::dispatch_all(Groups& groups, Jobs jobs, std::size_t begin, std::size_t end) {
  const std::size_t share = std::max<std::size_t>(1, (end - begin + near_workers() - 1) / near_workers());
  for (; begin < end; begin += share) {
    Task<bool> dispatching = dispatch(groups, jobs, begin, std::min(begin + share, end));
    const bool goes_on = co_await dispatching;
    if (!goes_on) co_return;
  }
}

Task<void> TreeCopy::report(Jobs jobs, std::size_t begin, std::size_t end) {
  auto reporting = offload([&] {
    for (std::size_t i = begin; i < end; ++i) {
      const Job& job = (*jobs)[i];
      if (!job.skipped.empty()) {
        if (options_.on_skip) options_.on_skip(source_node(job.file.relative), job.skipped);
      } else if (options_.on_file) {
        options_.on_file(source_node(job.file.relative));
      }
      ++finished_;
      if (options_.progress) options_.progress(finished_, total_);
    }
  });
  co_await reporting;
}

}  // namespace genro::storage
