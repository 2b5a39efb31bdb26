// How a file gets a new content (rules R1, R2):
//  1. The target is found: folders are made, links inside the mount followed, anything but a regular file refused.
//  2. The content goes into a file without a name when the target is new or the content large, so that even a killed
//     process leaves nothing; else, and where the system has no such files, into one with an unfinished name beside the target.
//     It is made with the permission bits of what it replaces, so that nobody reads it who could not read that.
//     Where the folder takes no new file while the target may be written to, into a temporary file elsewhere.
//  3. Time and, where the system made them others, mode are set, the file is synced.
//  4. It gets the target's name in one step: by a link that fails when the name is taken, or by a rename over it.
//     Both happen under the lock of the name, as does the comparison of a conditional write with what is there.
//     A target whose name cannot be given away is written in place instead (in_place.h).
//  5. The folder is synced.
#include "backends/local/atomic_write.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "backend/spill_file.h"
#include "backends/local/in_place.h"
#include "backends/local/unfinished.h"
#include "core/mutex.h"
#include "core/path.h"
#include "core/write_fully.h"

namespace genro::storage::local {
namespace {

constexpr std::size_t kNameless = 1 << 20;

using NameLocks = std::array<LongMutex, 16>;

}  // namespace

LongMutex& name_lock(std::string_view name) {
  static constinit Lasting<NameLocks> lasting;
  NameLocks& locks = lasting.get();
  return locks[std::hash<std::string_view>()(name) % locks.size()];
}

AtomicWrite::AtomicWrite(Env& env, const RootedPath& place, std::string path, Plan plan)
    : env_(env), files_(*env.files), path_(std::move(path)), plan_(std::move(plan)) {
  find_target(place);
  check_condition();
  open_file();
}

AtomicWrite::~AtomicWrite() {
  if (!unfinished_.empty() && generation_ == fork_generation())
    files_.unlink(parent_.folder.number(), unfinished_.c_str());
}

void AtomicWrite::find_target(const RootedPath& place) {
  refuse_unfinished_name("write", path_);
  parent_ = open_parent(files_, place, "write", path_, true, plan_.durable);
  if (parent_.name.empty()) throw Error(ErrorCode::is_directory, "write", path_, "Is a directory");
  int error = files_.stat_name(parent_.folder.number(), parent_.name.c_str(), target_);
  if (error == 0 && S_ISLNK(target_.st_mode)) {
    std::string resolved;
    if (const int failed = files_.resolve_beneath(place.root, place.below, resolved))
      throw failure(failed, "write", path_);
    const RootedPath there{place.root, resolved.c_str(), {}};
    parent_ = open_parent(files_, there, "write", path_, true, plan_.durable);
    error = files_.stat_name(parent_.folder.number(), parent_.name.c_str(), target_);
  }
  if (error < 0 && error != -ENOENT) throw failure(error, "write", path_);
  exists_ = error == 0;
  if (!exists_) return;
  if (S_ISDIR(target_.st_mode)) throw Error(ErrorCode::is_directory, "write", path_, "Is a directory");
  if (!S_ISREG(target_.st_mode)) throw Error(ErrorCode::invalid_argument, "write", path_, "Not a regular file");
}

void AtomicWrite::check_condition() const {
  const When& when = plan_.options.when;
  if (when.kind == When::Kind::if_absent && exists_) {
    throw Error(ErrorCode::precondition_failed, "write", path_, "the file exists");
  }
  if (when.kind == When::Kind::if_match && (!exists_ || etag_of(target_) != when.etag)) {
    throw Error(ErrorCode::precondition_failed, "write", path_, "the file changed");
  }
}

mode_t AtomicWrite::wanted_mode() const noexcept {
  return plan_.options.mode != 0 ? plan_.options.mode : exists_ ? target_.st_mode & 07777 : 0;
}

void AtomicWrite::open_file() {
  int file = -EOPNOTSUPP;
  const mode_t mode = wanted_mode() != 0 ? wanted_mode() : 0666;
  if (!exists_ || plan_.size >= kNameless) file = files_.open_nameless(parent_.folder.number(), mode);
  if (file == -EOPNOTSUPP) file = make_unfinished(env_, parent_.folder.number(), parent_.name, mode, unfinished_);
  if (file < 0 && exists_ && leaves_the_file(file)) {
    in_place_ = open_in_place(files_, parent_.folder.number(), parent_.name.c_str(), target_);
    if (in_place_) elsewhere_ = open_spill_file(files_);
    if (in_place_) return;
  }
  if (file < 0) throw failure(file, "write", path_);
  file_ = Descriptor(files_, file);
}

void AtomicWrite::write_at(std::uint64_t offset, const Body& part) {
  for (const Bytes& piece : part.pieces()) {
    if (const long error = write_fully(files_, descriptor(), piece.span(), offset)) {
      throw failure(error, "write", path_);
    }
    offset += piece.size();
  }
  if (!part.is_file()) return;
  const FileSpan& span = part.file();
  for (std::uint64_t done = 0; done < span.size;) {
    const long count = files_.copy_range(*span.descriptor, span.offset + done, descriptor(), offset + done,
                                         static_cast<std::size_t>(span.size - done));
    if (count < 0) throw failure(count, "write", path_);
    if (count == 0)
      throw Error(ErrorCode::truncated, "write", path_, "the file became shorter while it was being sent");
    done += static_cast<std::uint64_t>(count);
  }
}

void AtomicWrite::append(const Body& part) {
  write_at(written_, part);
  written_ += part.size();
}

std::size_t AtomicWrite::append_from(int descriptor, std::uint64_t offset, std::size_t size) {
  const long count = files_.copy_range(descriptor, offset, this->descriptor(), written_, size);
  if (count < 0) throw failure(count, "write", path_);
  written_ += static_cast<std::uint64_t>(count);
  return static_cast<std::size_t>(count);
}

bool AtomicWrite::clone(int descriptor, std::uint64_t size) {
  if (files_.clone(descriptor, this->descriptor()) < 0) return false;
  written_ = size;
  return true;
}

void AtomicWrite::close_at_end() {
  struct stat status{};
  if (const int error = files_.stat(descriptor(), status)) throw failure(error, "write", path_);
  close_at(static_cast<std::uint64_t>(status.st_size));
}

namespace {

/// A file of our own refuses this only where the file system keeps no such thing.
bool is_not_kept(int error) noexcept {
  return error == -EPERM || error == -EOPNOTSUPP || error == -ENOSYS || error == -EINVAL;
}

/// The same of names that may not replace another one.
bool is_not_known(int error) noexcept { return is_not_kept(error) || error == -EMLINK; }

}  // namespace

/// The unfinished file was taken for dead before it was locked: the content goes into another one.
void AtomicWrite::carry_over() {
  const Descriptor lost = std::move(file_);
  const mode_t mode = wanted_mode() != 0 ? wanted_mode() : 0666;
  const int file = make_unfinished(env_, parent_.folder.number(), parent_.name, mode, unfinished_);
  if (file < 0) throw failure(file, "write", path_);
  file_ = Descriptor(files_, file);
  for (std::uint64_t done = 0; done < written_;) {
    const long count = files_.copy_range(lost.number(), done, file, done, static_cast<std::size_t>(written_ - done));
    if (count <= 0) throw failure(count < 0 ? count : -EIO, "write", path_);
    done += static_cast<std::uint64_t>(count);
  }
}

/// Time, permission bits, and the disk. `status`: of the file as it is then.
void AtomicWrite::finish_metadata(struct stat& status) {
  // Given by us, the time is finer than the kernel's own, and each content of a name has another one: so has its etag.
  std::int64_t mtime_ns = plan_.options.mtime_ns;
  if (mtime_ns == Entry::kNoTime) {
    mtime_ns = env_.clock->wall_ns();
    if (exists_) mtime_ns = std::max(mtime_ns, mtime_ns_of(target_) + 1);
  }
  const int untimed = files_.set_mtime(file_.number(), mtime_ns);
  if (untimed < 0 && !is_not_kept(untimed)) throw failure(untimed, "write", path_);
  if (const int error = files_.stat(file_.number(), status)) throw failure(error, "write", path_);
  struct stat named{};
  if (status.st_nlink == 0 && !unfinished_.empty() &&
      files_.stat_name(parent_.folder.number(), unfinished_.c_str(), named) == -ENOENT) {
    carry_over();
    return finish_metadata(status);
  }
  if (static_cast<std::uint64_t>(status.st_size) != plan_.size) {
    throw Error(ErrorCode::io, "write", path_, "the file system kept another size than was written");
  }
  // The process's mask, the folder's ACL or the writing itself may have taken bits away.
  if (const mode_t mode = wanted_mode(); mode != 0 && (status.st_mode & 07777) != mode) {
    const int error = files_.set_mode(file_.number(), mode);
    if (error < 0 && !is_not_kept(error)) throw failure(error, "write", path_);
    if (error == 0) status.st_mode = (status.st_mode & S_IFMT) | mode;
  }
  const int error = plan_.durable ? files_.sync(file_.number()) : files_.flush(file_.number(), status.st_dev);
  if (error < 0) throw failure(error, "write", path_);
}

Entry AtomicWrite::commit() {
  if (written_ != plan_.size) throw Error(ErrorCode::truncated, "write", path_, "fewer bytes came than were announced");
  if (elsewhere_) return publish_elsewhere();
  struct stat status{};
  finish_metadata(status);
  publish();
  if (in_place_ && files_.stat(in_place_.number(), status) < 0) throw failure(-EIO, "write", path_);
  if (plan_.durable) {
    const int error = files_.sync(parent_.folder.number());
    // Some file systems know no syncing of folders, and some folders may not be opened for it.
    if (error < 0 && error != -EINVAL && error != -EBADF && error != -EOPNOTSUPP) throw failure(error, "write", path_);
  }
  return entry_of(path_, status);
}

/// In place. Time and permission bits of a copy come along where the target is ours.
Entry AtomicWrite::publish_elsewhere() {
  const std::lock_guard lock(name_lock(parent_.name));
  if (plan_.options.when.kind == When::Kind::if_match) {
    if (const int error = files_.stat(in_place_.number(), target_)) throw failure(error, "write", path_);
    check_condition();
  }
  overwrite_target();
  struct stat status{};
  if (const int error = files_.stat(in_place_.number(), status)) throw failure(error, "write", path_);
  return entry_of(path_, status);
}

void AtomicWrite::overwrite_target() {
  const int target = in_place_.number();
  overwrite(files_, descriptor(), written_, target, path_);
  if (plan_.options.mode != 0) files_.set_mode(target, plan_.options.mode);
  if (plan_.options.mtime_ns != Entry::kNoTime) files_.set_mtime(target, plan_.options.mtime_ns);
  const int error = plan_.durable ? files_.sync(target) : files_.flush(target, 0);
  if (error < 0 && error != -EINVAL) throw failure(error, "write", path_);  // what the kernel makes up has no disk
}

/// Under the lock of the name.
void AtomicWrite::publish() {
  const int folder = parent_.folder.number();
  const When::Kind kind = plan_.options.when.kind;
  const std::lock_guard lock(name_lock(parent_.name));
  Descriptor locked;  // among processes, for writers that compare
  if (kind == When::Kind::if_match) {
    locked = Descriptor(files_, files_.open_name(folder, ".", O_RDONLY | O_DIRECTORY, 0));
    if (locked) files_.lock(locked.number());
    exists_ = files_.stat_name(folder, parent_.name.c_str(), target_) == 0;
    check_condition();
  }
  if (unfinished_.empty()) {
    int error = files_.name_file(file_.number(), folder, parent_.name.c_str());
    if (error == 0) return;
    if (error == -EEXIST && kind == When::Kind::if_absent) {
      throw Error(ErrorCode::precondition_failed, "write", path_, "the file exists");
    }
    if (error != -EEXIST) throw failure(error, "write", path_);
    files_.try_lock(file_.number());
    unfinished_ =
        unfinished_name(env_, parent_.name);  // set first: a call that reports an error may have made it all the same
    error = files_.name_file(file_.number(), folder, unfinished_.c_str());
    if (error < 0) throw failure(error, "write", path_);
  }
  take_name(kind != When::Kind::if_absent);
}

/// The unfinished file becomes the target.
void AtomicWrite::take_name(bool replace) {
  const int folder = parent_.folder.number();
  const char* name = parent_.name.c_str();
  int error = files_.rename(folder, unfinished_.c_str(), folder, name, replace);
  if (!replace && is_not_known(error)) {
    // An empty file holds the name, which only one can make; a moment later the content takes its place.
    const Descriptor held(files_, files_.open_name(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0666));
    error = held.number();
    if (held) error = files_.rename(folder, unfinished_.c_str(), folder, name, true);
    if (held && error < 0) files_.unlink(folder, name);
  }
  if (error == -EEXIST && !replace) throw Error(ErrorCode::precondition_failed, "write", path_, "the file exists");
  if (error < 0 && replace && leaves_the_file(error) && files_.stat_name(folder, name, target_) == 0) {
    in_place_ = open_in_place(files_, folder, name, target_);
    if (in_place_) return overwrite_target();  // the unfinished file goes with this object
  }
  if (error < 0) throw failure(error, "write", path_);
  unfinished_.clear();
}

}  // namespace genro::storage::local
