// AtomicWrite: the new content of one file of a local mount, seen by nobody until commit(). Used for writes and copies.
// Dropped without commit() it leaves nothing behind. May block; one thread at a time.
#pragma once

#include <memory>
#include <string>

#include "backends/local/rooted_path.h"
#include "core/mutex.h"
#include "genro/storage/bytes.h"
#include "genro/storage/options.h"
#include "loop/run.h"

namespace genro::storage::local {

/// One of a few locks of the process, by the last name of a path: held while a file's name gets another content.
LongMutex& name_lock(std::string_view name);

class AtomicWrite {
 public:
  struct Plan {
    PutOptions options;
    std::uint64_t size = 0;  ///< kUnknown: told by close_at().
    bool durable = true;
  };
  static constexpr std::uint64_t kUnknown = UINT64_MAX;
  /// Makes missing folders. Throws is_directory, not_directory, precondition_failed, …; then nothing was made but folders.
  AtomicWrite(Env& env, const RootedPath& place, std::string path, Plan plan);
  ~AtomicWrite();
  AtomicWrite(const AtomicWrite&) = delete;
  AtomicWrite& operator=(const AtomicWrite&) = delete;

  void append(const Body& part);
  /// A part at its place. Different places may be written from different threads; then close_at() says where all ends.
  void write_at(std::uint64_t offset, const Body& part);
  void close_at(std::uint64_t size) noexcept { plan_.size = written_ = size; }
  void close_at_end();  ///< Where the file ends by now.
  int descriptor() const noexcept { return elsewhere_ ? *elsewhere_ : file_.number(); }  ///< Can be read, too.
  int folder() const noexcept { return parent_.folder.number(); }                        ///< The target's.
  /// Whether the target will be another file, not the old one with a new content (see in_place.h).
  bool replaces() const noexcept { return !elsewhere_; }
  /// The next bytes from another open file; 0 = it has no more.
  std::size_t append_from(int descriptor, std::uint64_t offset, std::size_t size);
  /// All of another file at once by sharing its blocks, where the file system can.
  bool clone(int descriptor, std::uint64_t size);
  /// Gives the target this content. What the file system keeps of time and permission bits is kept. Throws precondition_failed, no_space, …; then the target is as it was.
  Entry commit();

 private:
  void find_target(const RootedPath& place);
  mode_t wanted_mode() const noexcept;  ///< 0 = what the process gives to new files.
  void open_file();
  void check_condition() const;
  void carry_over();
  void finish_metadata(struct stat& status);
  Entry publish_elsewhere();
  void overwrite_target();
  void publish();
  void take_name(bool replace);

  Env& env_;
  Files& files_;
  std::string path_;
  Plan plan_;
  ParentFolder parent_;
  bool exists_ = false;
  struct stat target_{};  // when it exists
  Descriptor file_;
  std::shared_ptr<const int> elsewhere_;  // a temporary file instead of file_, for a target to be written in place
  Descriptor in_place_;                   // then the target, open for that
  std::string unfinished_;                // the name that the new content has by now; "" = none
  const unsigned generation_ = fork_generation();  // of the process that the unfinished file belongs to
  std::uint64_t written_ = 0;
};

}  // namespace genro::storage::local
