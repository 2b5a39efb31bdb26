// TempFile: a file with a name, for other programs to read and write, in $TMPDIR or /tmp. Used by LocalPath.
// Readable for its owner only; removed by remove() or with the object, but not by a forked child. Calls may block.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/files.h"
#include "genro/storage/error.h"

namespace genro::storage {

class TempFile {
 public:
  /// A new empty file whose name ends with `suffix`. Throws what the system says.
  TempFile(Files& files, std::string_view suffix);
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() { remove(); }

  const std::string& path() const noexcept { return path_; }
  void write_at(std::uint64_t offset, std::span<const std::byte> data);
  /// From now on changed() tells whether anybody wrote to it. `mtime_ns`: the time that it shows, if it lies in the past;
  /// never the present, in which a write would leave no trace: clocks of file systems tick slowly.
  void mark(std::int64_t mtime_ns, std::int64_t now_ns);
  /// Opens what has the name now: programs like to replace files. Throws not_found.
  std::shared_ptr<const int> reopen();
  /// Whether this is not the file as it was marked; `size` becomes its size.
  bool changed(int descriptor, std::uint64_t& size) const;
  void remove() noexcept;

 private:
  Error failed(long negative_errno) const;

  Files& files_;
  unsigned generation_;
  int folder_ = -1;
  std::string name_;
  std::string path_;
  int descriptor_ = -1;  // open until it is marked
  struct stat marked_{};
};

}  // namespace genro::storage
