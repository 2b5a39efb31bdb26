#include "backends/local/append.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <utility>

#include "backends/local/appended_copy.h"
#include "backends/local/unfinished.h"
#include "core/path.h"
#include "loop/offload.h"
#include "loop/stop_flag.h"

namespace genro::storage::local {
namespace {

/// Writes one piece behind `size`, which grows by what was written. Gives 0 or -errno.
long add(Files& files, int file, std::span<const std::byte> piece, std::uint64_t& size) noexcept {
  for (std::size_t done = 0; done < piece.size();) {
    const iovec rest{const_cast<std::byte*>(piece.data()) + done, piece.size() - done};
    const long count = files.pwritev(file, &rest, 1, size);
    if (count <= 0) return count == 0 ? -EIO : count;
    done += static_cast<std::size_t>(count);
    size += static_cast<std::uint64_t>(count);
  }
  return 0;
}

/// Gives 0, -errno, or -ECANCELED when it was stopped.
long add_all(Files& files, int file, const Bytes& content, std::uint64_t& size, const std::function<bool()>& stopped) {
  const std::uint64_t piece = content.size() <= kOneWrite ? kOneWrite : kPiece;
  for (std::uint64_t done = 0; done < content.size(); done += piece) {
    if (stopped()) return -ECANCELED;
    const auto count = static_cast<std::size_t>(std::min(piece, content.size() - done));
    if (const long error = add(files, file, content.span().subspan(static_cast<std::size_t>(done), count), size)) {
      return error;
    }
  }
  return 0;
}

/// Into the file. `stopped` is asked between two pieces; then false is given, and the file has its old length again, as after
/// a failure.
bool append_in_place(Files& files, const RootedPath& place, const std::string& path, const Body& body, bool durable,
                     const std::function<bool()>& stopped) {
  check_path("append", path);
  refuse_unfinished_name("append", path);
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY;
  int opened = files.open_beneath(place.root, place.below, flags, 0666, false);
  if (opened == -ENOENT) {
    open_parent(files, place, "append", path, true, durable);
    opened = files.open_beneath(place.root, place.below, flags, 0666, false);
  }
  if (opened < 0) throw failure(opened, "append", path);
  const Descriptor file(files, opened);

  const std::lock_guard lock(name_lock(path::name(path)));
  struct stat status{};
  if (const int error = files.stat(opened, status)) throw failure(error, "append", path);
  if (!S_ISREG(status.st_mode)) throw Error(ErrorCode::invalid_argument, "append", path, "Not a regular file");
  const auto old_size = static_cast<std::uint64_t>(status.st_size);
  std::uint64_t size = old_size;
  long error = add_all(files, opened, body.flatten(), size, stopped);
  if (error == 0) error = durable ? files.sync(opened) : files.flush(opened, status.st_dev);
  if (error == 0 && body.size() > kOneWrite && stopped()) error = -ECANCELED;  // the disk took its time
  if (error == 0) return true;
  // Only what this call added goes; a length that somebody else changed meanwhile is left alone.
  if (files.stat(opened, status) == 0 && static_cast<std::uint64_t>(status.st_size) == size)
    files.truncate(opened, old_size);
  if (error == -ECANCELED) return false;
  throw failure(error, "append", path);
}

/// Into a new file. False: it has to go into the old one.
Task<bool> append_whole(Base& base, Env& env, std::string path, Body body, bool durable) {
  constexpr int kTries = 5;  // when others change the file at the same time
  Context& context = co_await current_context();
  for (int tries = 0; tries < kTries; ++tries) {
    std::unique_ptr<AppendedCopy> copy;
    auto opening = offload(
        [&] {
          copy = base.run(path, true, [&](const RootedPath& place) {
            return AppendedCopy::begin(env, place, path, body, durable);
          });
        },
        base.threads());
    co_await opening;
    if (!copy) co_return false;
    while (!copy->whole()) {
      require_time(context);
      auto copying = offload([&] { copy->step(); }, base.threads());
      co_await copying;
    }
    require_time(context);
    auto finishing = offload([&] { return copy->commit(); }, base.threads());
    if (co_await finishing) co_return true;
  }
  co_return false;
}

}  // namespace

Task<void> append(Base& base, Env& env, std::string path, Body body, bool durable) {
  Context& context = co_await current_context();
  if (body.size() > kOneWrite) {
    Task<bool> adding = append_whole(base, env, path, body, durable);
    if (co_await adding) co_return;
  }
  StopFlag flag;
  if (!context.scope->add(flag)) context.scope->check();
  const auto stopped = [&] {
    return flag.raised() || (context.deadline != kNever && env.clock->now() >= context.deadline);
  };
  auto appending = offload(
      [&] {
        return base.run(path, true, [&](const RootedPath& place) {
          return append_in_place(*env.files, place, path, body, durable, stopped);
        });
      },
      base.threads());
  if (co_await appending) co_return;
  context.scope->check();
  throw Error(ErrorCode::timeout, "append", path, "the operation's time ran out");
}

}  // namespace genro::storage::local
