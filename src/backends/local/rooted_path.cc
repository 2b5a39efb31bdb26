#include "backends/local/rooted_path.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/path.h"
#include "loop/loop.h"
#include "loop/run.h"

namespace genro::storage::local {
namespace {

constexpr int kFolder = kOpenPath | O_DIRECTORY;

}  // namespace

void require_time(const Context& context) {
  if (context.caller_driven) look_for_signals();
  context.scope->check();
  if (context.deadline != kNever && context.loop && context.loop->now() >= context.deadline) {
    throw Error(ErrorCode::timeout, "the operation's time ran out");
  }
}

void check_path(const char* operation, const std::string& path) {
  if (path.find('\0') != std::string::npos) throw Error(ErrorCode::invalid_path, operation, path, "NUL byte in path");
}

Base::Base(std::string folder, Env& env) : files_(*env.files), folder_(std::move(folder)) {
  namespace fs = std::filesystem;
  if (!fs::path(folder_).is_absolute())
    throw Error(ErrorCode::invalid_argument, "Base path must be absolute: " + folder_);
  std::error_code error;
  if (!fs::exists(folder_, error)) throw Error(ErrorCode::not_found, "Base path does not exist: " + folder_);
  if (!fs::is_directory(folder_, error))
    throw Error(ErrorCode::invalid_argument, "Base path must be a directory: " + folder_);
  folder_ = fs::canonical(folder_, error).string();
  root_ = files_.open_root(folder_.c_str());
  if (root_ < 0) throw Error::from_errno(-root_, "open", folder_);
  files_.stat(root_, root_status_);
  pace_ = std::make_shared<Pace>(files_.kernel_serves(root_, root_status_.st_dev));
}

Base::Base(BaseResolver resolver, Env& env)
    : files_(*env.files), resolver_(std::move(resolver)), pace_(std::make_shared<Pace>(false)) {}

bool Base::serves_quickly(int descriptor, const struct stat& status) const noexcept {
  return !pace_->left() && files_.kernel_serves(descriptor, status.st_dev);
}

Base::~Base() {
  if (root_ >= 0) files_.close(root_);
}

std::string Base::ask(const std::string& prefix) const {
  std::string answer = resolver_.resolve(prefix);
  if (answer.empty() || answer.find('\0') != std::string::npos) {
    throw Error(ErrorCode::config, "open", prefix, "the base path's function gave no path");
  }
  return std::filesystem::absolute(answer).lexically_normal().string();
}

RootedPath Base::place(const std::string& path, bool create) const {
  if (fixed()) return {root_, path.c_str(), {}, false, {}};
  std::string prefix;
  const char* below = path.c_str();
  if (resolver_.takes_prefix) {
    prefix = path::split_first(path).first;
    if (prefix == "..") throw failure(-EXDEV, "open", path);
    below += prefix.size();
    while (*below == '/') ++below;
  }
  const std::string folder = ask(prefix);
  int root = files_.open_root(folder.c_str());
  const bool making = root == -ENOENT && create;
  if (making) {
    const Descriptor top(files_, files_.open_root("/"));
    if (!top) throw failure(top.number(), "open", path);
    make_folders(files_, top.number(), folder.substr(1), "open", path, false);
    root = files_.open_root(folder.c_str());
  }
  if (root < 0) throw failure(root, "open", path);
  return {root, below, Descriptor(files_, root), making, folder};
}

bool Base::removed() const noexcept {
  struct stat now{};
  return fixed() && files_.stat(root_, now) >= 0 && now.st_nlink == 0;
}

bool Base::refresh(bool create, std::uint64_t seen) {
  if (!fixed()) return false;
  std::lock_guard lock(refreshing_);
  if (generation() != seen) return true;
  struct stat now{};
  const int absent = files_.stat_name(AT_FDCWD, folder_.c_str(), now);
  if (absent == 0 && now.st_dev == root_status_.st_dev && now.st_ino == root_status_.st_ino) return false;
  if (absent == -ENOENT && create) {
    const Descriptor top(files_, files_.open_root("/"));
    if (!top) return false;
    make_folders(files_, top.number(), folder_.substr(1), "open", "", false);
  }
  Descriptor fresh(files_, files_.open_root(folder_.c_str()));
  if (!fresh || files_.stat(fresh.number(), now) < 0) return false;
  if (files_.replace_descriptor(fresh.release(), root_) < 0) return false;
  root_status_ = now;
  generation_.fetch_add(1, std::memory_order_release);  // not before root_ is the new one
  pace_->begin_anew(files_.kernel_serves(root_, now.st_dev));
  return true;
}

std::string Base::absolute(const std::string& path) const {
  check_path("open", path);
  std::string folder = folder_;
  if (!fixed())
    folder =
        std::filesystem::weakly_canonical(ask(resolver_.takes_prefix ? std::string(path::split_first(path).first) : ""))
            .string();
  std::string below;
  try {
    const RootedPath there = place(path, false);
    if (const int error = files_.resolve_beneath(there.root, there.below, below)) throw failure(error, "open", path);
  } catch (const Error& error) {
    // The base is not there yet, or the path lies below a file: nothing is there that could lead elsewhere.
    const bool no_base = error.code() == ErrorCode::not_found && !fixed();
    if (!no_base && error.code() != ErrorCode::not_directory) throw;
    below = resolver_.takes_prefix ? path::split_first(path).second : std::string_view(path);
    if (!path::is_clean(below)) throw failure(-EXDEV, "open", path);
  }
  return below.empty() ? folder : folder + (folder == "/" ? "" : "/") + below;
}

Descriptor make_folders(Files& files, int root, const std::string& below, const char* operation,
                        const std::string& path, bool sync) {
  std::string clean;
  if (const int error = files.resolve_beneath(root, below, clean)) throw failure(error, operation, path);
  Descriptor folder(files, files.open_beneath(root, "", kFolder, 0, false));
  for (std::string_view rest = clean; !rest.empty();) {
    const auto [first, behind] = path::split_first(rest);
    const std::string name(first);
    rest = behind;
    int next = files.open_name(folder.number(), name.c_str(), kFolder, 0);
    if (next == -ENOENT) {
      const int made = files.make_folder(folder.number(), name.c_str(), 0777);
      if (made < 0 && made != -EEXIST) throw failure(made, operation, path);
      next = files.open_name(folder.number(), name.c_str(), kFolder, 0);
      if (sync && made == 0) {
        const Descriptor above(files, files.open_name(folder.number(), ".", O_RDONLY | O_DIRECTORY, 0));
        if (above) files.sync(above.number());
      }
    }
    if (next < 0) throw failure(next, operation, path);
    folder = Descriptor(files, next);
  }
  if (!folder) throw failure(folder.number(), operation, path);
  return folder;
}

ParentFolder open_parent(Files& files, const RootedPath& place, const char* operation, const std::string& path,
                         bool create, bool for_sync) {
  check_path(operation, path);
  std::string below = place.below;
  if (!path::is_clean(below)) {
    std::string resolved;
    if (const int error = files.resolve_beneath(place.root, below, resolved)) throw failure(error, operation, path);
    below = std::move(resolved);
  }
  ParentFolder result;
  result.name = path::name(below);
  if (result.name.empty()) return result;  // the root: has no parent beneath itself
  const std::string parent(path::parent(below));
  int folder = files.open_beneath(place.root, parent.c_str(), for_sync ? O_RDONLY | O_DIRECTORY : kFolder, 0, false);
  if (folder == -ENOENT && create) {
    Descriptor made = make_folders(files, place.root, parent, operation, path, for_sync);
    folder = for_sync ? files.open_name(made.number(), ".", O_RDONLY | O_DIRECTORY, 0) : -EACCES;
    if (folder < 0) {
      result.folder = std::move(made);
      return result;
    }
  } else if (folder == -EACCES && for_sync) {
    folder = files.open_beneath(place.root, parent.c_str(), kFolder, 0,
                                false);  // may be entered but not read: cannot be synced
  }
  if (folder < 0) throw failure(folder, operation, path);
  result.folder = Descriptor(files, folder);
  return result;
}

}  // namespace genro::storage::local
