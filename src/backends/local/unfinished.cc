#include "backends/local/unfinished.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "backend/marked_digits.h"
#include "backends/local/rooted_path.h"

namespace genro::storage::local {
namespace {

constexpr std::size_t kNameMax = 255;
constexpr std::string_view kSuffix = ".tmp";
constexpr int kTries = 8;
constexpr int kMostReads = 16;  // buffers of one folder: some ten thousand names, a few milliseconds
constexpr int kShareOfAllTime = 50;

}  // namespace

bool is_unfinished_name(std::string_view name) noexcept {
  constexpr std::size_t kShortest = 1 + kMarkedDigits + kSuffix.size();
  if (name.size() < kShortest || name.front() != '.' || !name.ends_with(kSuffix)) return false;
  name.remove_suffix(kSuffix.size());
  return name[name.size() - kMarkedDigits - 1] == '.' && are_marked_digits(name.substr(name.size() - kMarkedDigits));
}

std::string unfinished_name(Env& env, std::string_view wanted) {
  std::string name = ".";
  if (wanted.size() + 2 + kMarkedDigits + kSuffix.size() <= kNameMax) name.append(wanted).append(1, '.');
  return name.append(marked_digits(*env.random)).append(kSuffix);
}

void refuse_unfinished_name(const char* operation, const std::string& path) {
  std::string_view rest = path;
  if (rest.find(kSuffix) == std::string_view::npos) return;
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find('/'));
    if (is_unfinished_name(name)) {
      throw Error(ErrorCode::invalid_path, operation, path, "a name that is kept for files that are being written");
    }
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
  }
}

int make_unfinished(Env& env, int folder, std::string_view wanted, mode_t mode, std::string& name) {
  Files& files = *env.files;
  for (int tries = 1;; ++tries) {
    name = unfinished_name(env, wanted);
    const int file = files.open_name(folder, name.c_str(), O_RDWR | O_CREAT | O_EXCL, mode);
    if (file < 0) {
      name.clear();
      return file;
    }
    const bool taken = files.try_lock(file) == -EWOULDBLOCK;  // somebody just took it for dead
    if (!taken || tries == kTries) return file;
    files.unlink(folder, name.c_str());
    files.close(file);
  }
}

bool remove_if_dead(Files& files, int folder, const char* name) noexcept {
  constexpr int kLook = O_NONBLOCK | O_NOCTTY;
  int opened = files.open_name(folder, name, O_RDWR | kLook, 0);
  if (opened < 0) opened = files.open_name(folder, name, O_RDONLY | kLook, 0);
  const Descriptor file(files, opened);
  struct stat status{};
  return file && files.stat(opened, status) == 0 && S_ISREG(status.st_mode) && files.try_lock(opened) == 0 &&
         files.unlink(folder, name) == 0;
}

void Leftovers::clear(int folder) noexcept {
  const TimePoint begun = env_.clock->now();
  TimePoint due = due_.load(std::memory_order_relaxed);
  // Nobody else looks before this one has ended.
  if (begun < due || !due_.compare_exchange_strong(due, TimePoint::max(), std::memory_order_relaxed)) return;
  Files& files = *env_.files;
  const Descriptor own(files, files.open_name(folder, ".", O_RDONLY | O_DIRECTORY, 0));
  alignas(FolderRecord) std::array<std::byte, 16 << 10> buffer;
  std::int64_t position = 0;
  // A lock that others keep, or nobody but this machine, says nothing of a writer on another one.
  const bool locks_tell = own && files.kernel_serves(own.number(), 0);
  for (int reads = 0; locks_tell && reads < kMostReads; ++reads) {
    const long size = files.read_folder(own.number(), position, buffer);
    if (size <= 0) break;
    for (long at = 0; at < size;) {
      const auto* record = reinterpret_cast<const FolderRecord*>(buffer.data() + at);
      if (record->name[0] == '.' && is_unfinished_name(record->name)) {
        remove_if_dead(files, own.number(), record->name);
      }
      position = record->next;
      at += record->length;
    }
  }
  const TimePoint ended = env_.clock->now();
  due_.store(ended + kShareOfAllTime * (ended - begun), std::memory_order_relaxed);
}

}  // namespace genro::storage::local
