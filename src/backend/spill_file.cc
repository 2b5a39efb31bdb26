#include "backend/spill_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "core/write_fully.h"
#include "genro/storage/error.h"
#include "loop/offload.h"

namespace genro::storage {
namespace {

int open_temporary(Files& files, int folder) {
  const int nameless = files.open_nameless(folder, 0600);
  if (nameless != -EOPNOTSUPP && nameless != -EISDIR && nameless != -EINVAL) return nameless;
  static std::atomic<unsigned> counter{0};
  for (;;) {
    const std::string name = ".genro-spill-" + std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1));
    const int descriptor = files.open_name(folder, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor == -EEXIST) continue;
    if (descriptor >= 0) files.unlink(folder, name.c_str());
    return descriptor;
  }
}

}  // namespace

std::shared_ptr<const int> open_spill_file(Files& files) {
  const char* place = std::getenv("TMPDIR");
  const int folder = files.open_root(place && *place ? place : "/tmp");
  if (folder < 0) throw Error::from_errno(-folder, "spill file", "the directory for temporary files");
  const int descriptor = open_temporary(files, folder);
  files.close(folder);
  if (descriptor < 0) throw Error::from_errno(-descriptor, "spill file", "a temporary file");
  return {new int(descriptor), [&files](const int* opened) {
            files.close(*opened);
            delete opened;
          }};
}

SpillFile::SpillFile(Files& files) : files_(files), descriptor_(open_spill_file(files)) {}

void SpillFile::append(const Bytes& piece) {
  const long failed = write_fully(files_, *descriptor_, piece.span(), size_);
  if (failed < 0) throw Error::from_errno(static_cast<int>(-failed), "spill file", "a temporary file");
  size_ += piece.size();
}

Task<void> SpillFile::write(Body body) {
  for (const Bytes& piece : body.pieces()) {
    auto appending = offload([&] { append(piece); });
    co_await appending;
  }
}

}  // namespace genro::storage
