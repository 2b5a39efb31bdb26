#include "backend/temp_file.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "codec/hex.h"
#include "core/env.h"
#include "core/write_fully.h"
#include "loop/run.h"

namespace genro::storage {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kLongestSuffix = 64;

std::string random_name(std::string_view suffix) {
  const std::uint64_t bits[] = {Env::system().random->next(), Env::system().random->next()};
  std::string name = "genro-" + hex_encode(std::as_bytes(std::span(bits)));
  // A name of a remote file may be anything; one of a file here has limits.
  if (suffix.size() <= kLongestSuffix && suffix.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos) {
    name += suffix;
  }
  return name;
}

bool same(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

}  // namespace

Error TempFile::failed(long negative_errno) const {
  return Error::from_errno(static_cast<int>(-negative_errno), "local_path", "a temporary file");
}

TempFile::TempFile(Files& files, std::string_view suffix) : files_(files), generation_(fork_generation()) {
  const char* place = std::getenv("TMPDIR");
  const std::string folder = place && *place ? place : "/tmp";
  folder_ = files_.open_root(folder.c_str());
  if (folder_ < 0) throw Error::from_errno(-folder_, "local_path", "the directory for temporary files");
  do {
    name_ = random_name(suffix);
    descriptor_ = files_.open_name(folder_, name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  } while (descriptor_ == -EEXIST);
  if (descriptor_ < 0) {
    files_.close(std::exchange(folder_, -1));
    throw failed(descriptor_);
  }
  path_ = (std::filesystem::absolute(folder) / name_).string();  // programs may run elsewhere
}

void TempFile::write_at(std::uint64_t offset, std::span<const std::byte> data) {
  if (const long error = write_fully(files_, descriptor_, data, offset)) throw failed(error);
}

void TempFile::mark(std::int64_t mtime_ns, std::int64_t now_ns) {
  std::shared_ptr<const int> again;
  if (descriptor_ < 0) again = reopen();
  const int descriptor = again ? *again : descriptor_;
  const std::int64_t shown = mtime_ns >= 0 ? std::min(mtime_ns, now_ns - 2 * kSecond) : now_ns - 2 * kSecond;
  if (const int error = files_.set_mtime(descriptor, shown)) throw failed(error);
  if (const int error = files_.stat(descriptor, marked_)) throw failed(error);
  if (descriptor_ >= 0) files_.close(std::exchange(descriptor_, -1));
}

std::shared_ptr<const int> TempFile::reopen() {
  const int descriptor = files_.open_name(folder_, name_.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
  if (descriptor < 0) throw failed(descriptor);
  return {new int(descriptor), [&files = files_](const int* opened) {
            files.close(*opened);
            delete opened;
          }};
}

bool TempFile::changed(int descriptor, std::uint64_t& size) const {
  struct stat now{};
  if (const int error = files_.stat(descriptor, now)) throw failed(error);
  if (!S_ISREG(now.st_mode)) throw Error(ErrorCode::invalid_argument, "local_path", path_, "no file any more");
  size = static_cast<std::uint64_t>(now.st_size);
  return now.st_ino != marked_.st_ino || now.st_dev != marked_.st_dev || now.st_size != marked_.st_size ||
         !same(now.st_mtim, marked_.st_mtim) || !same(now.st_ctim, marked_.st_ctim);
}

void TempFile::remove() noexcept {
  if (descriptor_ >= 0) files_.close(std::exchange(descriptor_, -1));
  if (folder_ < 0) return;
  if (generation_ == fork_generation()) files_.unlink(folder_, name_.c_str());
  files_.close(std::exchange(folder_, -1));
}

}  // namespace genro::storage
