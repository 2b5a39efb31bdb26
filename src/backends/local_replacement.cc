// How a file gets a new content (rules R1, R2):
//  1. The target is found: folders are made, links inside the mount followed, anything but a regular file refused.
//  2. The content goes into a file without a name when the target is new or the content large, so that even a killed
//     process leaves nothing; else, and where the system has no such files, into one with an unfinished name beside the target.
//     It is made with the permission bits of what it replaces, so that nobody reads it who could not read that.
//  3. Time and, where the system made them others, mode are set, the file is synced.
//  4. It gets the target's name in one step: by a link that fails when the name is taken, or by a rename over it.
//     Both happen under the lock of the name, as does the comparison of a conditional write with what is there.
//  5. The folder is synced.
#include "backends/local_replacement.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/mutex.h"
#include "core/path.h"
#include "core/write_fully.h"

namespace genro::storage::local {
namespace {

constexpr std::size_t kNameless = 1 << 20;
constexpr std::size_t kNameMax = 255;
constexpr std::string_view kSuffix = ".tmp";
constexpr std::size_t kHexDigits = 32;

using NameLocks = std::array<LongMutex, 16>;

}  // namespace

bool is_unfinished_name(std::string_view name) noexcept {
  constexpr std::size_t kShortest = 1 + kHexDigits + kSuffix.size();
  if (name.size() < kShortest || name.front() != '.' || !name.ends_with(kSuffix)) return false;
  name.remove_suffix(kSuffix.size());
  const std::string_view digits = name.substr(name.size() - kHexDigits);
  return name[name.size() - kHexDigits - 1] == '.' &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string unfinished_name(Env& env, std::string_view wanted) {
  std::string name = ".";
  if (wanted.size() + 2 + kHexDigits + kSuffix.size() <= kNameMax) name.append(wanted).append(1, '.');
  for (int half = 0; half < 2; ++half) {
    std::uint64_t random = env.random->next();
    for (int digit = 0; digit < 16; ++digit, random >>= 4) name += "0123456789abcdef"[random & 15];
  }
  return name.append(kSuffix);
}

LongMutex& name_lock(std::string_view name) {
  static constinit Lasting<NameLocks> lasting;
  NameLocks& locks = lasting.get();
  return locks[std::hash<std::string_view>()(name) % locks.size()];
}

Replacement::Replacement(Env& env, const Place& place, std::string path, Plan plan)
    : env_(env), files_(*env.files), path_(std::move(path)), plan_(std::move(plan)) {
  find_target(place);
  check_condition();
  open_file();
}

Replacement::~Replacement() {
  if (!unfinished_.empty() && generation_ == fork_generation())
    files_.unlink(parent_.folder.number(), unfinished_.c_str());
}

void Replacement::find_target(const Place& place) {
  parent_ = open_parent(files_, place, "write", path_, true, plan_.durable);
  if (parent_.name.empty()) throw Error(ErrorCode::is_directory, "write", path_, "Is a directory");
  int error = files_.stat_name(parent_.folder.number(), parent_.name.c_str(), target_);
  if (error == 0 && S_ISLNK(target_.st_mode)) {
    std::string resolved;
    if (const int failed = files_.resolve_beneath(place.root, place.below, resolved))
      throw failure(failed, "write", path_);
    const Place there{place.root, resolved.c_str(), {}};
    parent_ = open_parent(files_, there, "write", path_, true, plan_.durable);
    error = files_.stat_name(parent_.folder.number(), parent_.name.c_str(), target_);
  }
  if (error < 0 && error != -ENOENT) throw failure(error, "write", path_);
  exists_ = error == 0;
  if (!exists_) return;
  if (S_ISDIR(target_.st_mode)) throw Error(ErrorCode::is_directory, "write", path_, "Is a directory");
  if (!S_ISREG(target_.st_mode)) throw Error(ErrorCode::invalid_argument, "write", path_, "Not a regular file");
}

void Replacement::check_condition() const {
  const When& when = plan_.options.when;
  if (when.kind == When::Kind::if_absent && exists_) {
    throw Error(ErrorCode::precondition_failed, "write", path_, "the file exists");
  }
  if (when.kind == When::Kind::if_match && (!exists_ || etag_of(target_) != when.etag)) {
    throw Error(ErrorCode::precondition_failed, "write", path_, "the file changed");
  }
}

mode_t Replacement::wanted_mode() const noexcept {
  return plan_.options.mode != 0 ? plan_.options.mode : exists_ ? target_.st_mode & 07777 : 0;
}

void Replacement::open_file() {
  int file = -EOPNOTSUPP;
  const mode_t mode = wanted_mode() != 0 ? wanted_mode() : 0666;
  if (!exists_ || plan_.size >= kNameless) file = files_.open_nameless(parent_.folder.number(), mode);
  if (file == -EOPNOTSUPP) {
    std::string name = unfinished_name(env_, parent_.name);
    file = files_.open_name(parent_.folder.number(), name.c_str(), O_RDWR | O_CREAT | O_EXCL, mode);
    if (file >= 0) unfinished_ = std::move(name);
  }
  if (file < 0) throw failure(file, "write", path_);
  file_ = Descriptor(files_, file);
}

void Replacement::write_at(std::uint64_t offset, const Body& part) {
  for (const Bytes& piece : part.pieces()) {
    if (const long error = write_fully(files_, file_.number(), piece.span(), offset)) {
      throw failure(error, "write", path_);
    }
    offset += piece.size();
  }
  if (!part.is_file()) return;
  const FileSpan& span = part.file();
  for (std::uint64_t done = 0; done < span.size;) {
    const long count = files_.copy_range(*span.descriptor, span.offset + done, file_.number(), offset + done,
                                         static_cast<std::size_t>(span.size - done));
    if (count < 0) throw failure(count, "write", path_);
    if (count == 0)
      throw Error(ErrorCode::truncated, "write", path_, "the file became shorter while it was being sent");
    done += static_cast<std::uint64_t>(count);
  }
}

void Replacement::append(const Body& part) {
  write_at(written_, part);
  written_ += part.size();
}

std::size_t Replacement::append_from(int descriptor, std::uint64_t offset, std::size_t size) {
  const long count = files_.copy_range(descriptor, offset, file_.number(), written_, size);
  if (count < 0) throw failure(count, "write", path_);
  written_ += static_cast<std::uint64_t>(count);
  return static_cast<std::size_t>(count);
}

bool Replacement::clone(int descriptor, std::uint64_t size) {
  if (files_.clone(descriptor, file_.number()) < 0) return false;
  written_ = size;
  return true;
}

void Replacement::close_at_end() {
  struct stat status{};
  if (const int error = files_.stat(file_.number(), status)) throw failure(error, "write", path_);
  close_at(static_cast<std::uint64_t>(status.st_size));
}

Entry Replacement::commit() {
  if (written_ != plan_.size) throw Error(ErrorCode::truncated, "write", path_, "fewer bytes came than were announced");
  // Given by us, the time is finer than the kernel's own, and each content of a name has another one: so has its etag.
  std::int64_t mtime_ns = plan_.options.mtime_ns;
  if (mtime_ns == Entry::kNoTime) {
    mtime_ns = env_.clock->wall_ns();
    if (exists_) mtime_ns = std::max(mtime_ns, mtime_ns_of(target_) + 1);
  }
  if (const int error = files_.set_mtime(file_.number(), mtime_ns)) throw failure(error, "write", path_);
  struct stat status{};
  if (const int error = files_.stat(file_.number(), status)) throw failure(error, "write", path_);
  if (static_cast<std::uint64_t>(status.st_size) != plan_.size) {
    throw Error(ErrorCode::io, "write", path_, "the file system kept another size than was written");
  }
  // The process's mask, the folder's ACL or the writing itself may have taken bits away.
  if (const mode_t mode = wanted_mode(); mode != 0 && (status.st_mode & 07777) != mode) {
    if (const int error = files_.set_mode(file_.number(), mode)) throw failure(error, "write", path_);
    status.st_mode = (status.st_mode & S_IFMT) | mode;
  }
  if (plan_.durable) {
    if (const int error = files_.sync(file_.number())) throw failure(error, "write", path_);
  }
  publish();
  if (plan_.durable) {
    const int error = files_.sync(parent_.folder.number());
    // Some file systems know no syncing of folders, and some folders may not be opened for it.
    if (error < 0 && error != -EINVAL && error != -EBADF && error != -EOPNOTSUPP) throw failure(error, "write", path_);
  }
  return entry_of(path_, status);
}

void Replacement::publish() {
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
    unfinished_ =
        unfinished_name(env_, parent_.name);  // set first: a call that reports an error may have made it all the same
    error = files_.name_file(file_.number(), folder, unfinished_.c_str());
    if (error < 0) throw failure(error, "write", path_);
  }
  const bool replace = kind != When::Kind::if_absent;
  const int error = files_.rename(folder, unfinished_.c_str(), folder, parent_.name.c_str(), replace);
  if (error == -EEXIST && !replace) throw Error(ErrorCode::precondition_failed, "write", path_, "the file exists");
  if (error < 0) throw failure(error, "write", path_);
  unfinished_.clear();
}

}  // namespace genro::storage::local
