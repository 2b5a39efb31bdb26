#include "backends/local/appended_copy.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace genro::storage::local {
namespace {

constexpr std::uint64_t kWorthCopying = 8;  // times the append

}  // namespace

std::unique_ptr<AppendedCopy> AppendedCopy::begin(Env& env, const RootedPath& place, const std::string& path, Body body,
                                                  bool durable) {
  Files& files = *env.files;
  check_path("append", path);
  std::unique_ptr<AppendedCopy> copy(new AppendedCopy(env, path, std::move(body)));
  const int opened = files.open_beneath(place.root, place.below, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, false);
  if (opened < 0 && opened != -ENOENT) return nullptr;
  PutOptions options;
  options.when = When::if_absent();
  struct stat old{};
  if (opened >= 0) {
    copy->old_ = Descriptor(files, opened);
    if (files.stat(opened, old) < 0 || !S_ISREG(old.st_mode) || old.st_nlink != 1) return nullptr;
    options.when = When::if_match(etag_of(old));
    copy->old_size_ = static_cast<std::uint64_t>(old.st_size);
  }
  const std::uint64_t size = copy->old_size_ + copy->body_.size();
  try {
    copy->target_ =
        std::make_unique<AtomicWrite>(env, place, path, AtomicWrite::Plan{std::move(options), size, durable});
  } catch (const Error& error) {
    // Made or changed this moment, or a folder that takes no new file: the plain way knows, or does without.
    if (error.code() == ErrorCode::precondition_failed || error.code() == ErrorCode::permission_denied) return nullptr;
    throw;
  }
  if (!copy->target_->replaces()) return nullptr;
  if (!copy->old_) return copy;
  struct stat fresh{};
  if (files.stat(copy->target_->descriptor(), fresh) < 0 || fresh.st_uid != old.st_uid || fresh.st_gid != old.st_gid) {
    return nullptr;
  }
  if (copy->target_->clone(opened, copy->old_size_)) {
    copy->copied_ = copy->old_size_;
  } else if (copy->old_size_ / kWorthCopying > copy->body_.size()) {
    return nullptr;
  }
  return copy;
}

void AppendedCopy::step() {
  if (copied_ < old_size_) {
    const auto piece = static_cast<std::size_t>(std::min(kPiece, old_size_ - copied_));
    const std::size_t count = target_->append_from(old_.number(), copied_, piece);
    if (count == 0) throw Error(ErrorCode::truncated, "append", path_, "the file became shorter while it was added to");
    copied_ += count;
    return;
  }
  const std::uint64_t piece = std::min(kPiece, body_.size() - added_);
  target_->append(body_.slice(added_, piece));
  added_ += piece;
}

bool AppendedCopy::commit() {
  try {
    target_->commit();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::precondition_failed) throw;
    return false;
  }
  if (old_) carry_over();
  return true;
}

void AppendedCopy::carry_over() {
  Files& files = *env_.files;
  struct stat old{};
  if (files.stat(old_.number(), old) < 0) return;
  const auto now = static_cast<std::uint64_t>(old.st_size);
  for (std::uint64_t from = old_size_, to = old_size_ + body_.size(); from < now;) {
    const long count = files.copy_range(old_.number(), from, target_->descriptor(), to,
                                        static_cast<std::size_t>(std::min(kPiece, now - from)));
    if (count < 0) throw failure(count, "append", path_);
    if (count == 0) return;
    from += static_cast<std::uint64_t>(count);
    to += static_cast<std::uint64_t>(count);
  }
}

}  // namespace genro::storage::local
