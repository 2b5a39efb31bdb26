// AppendedCopy: a large append on its way into a new file, which will replace the old one. Used by append.cc only.
// Dropped without commit() it leaves nothing behind. May block; one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "backends/local/atomic_write.h"

namespace genro::storage::local {

class AppendedCopy {
 public:
  /// Null when it has to go into the old file.
  static std::unique_ptr<AppendedCopy> begin(Env& env, const RootedPath& place, const std::string& path, Body body,
                                             bool durable);
  bool whole() const noexcept { return copied_ == old_size_ && added_ == body_.size(); }
  void step();  ///< One more piece.
  /// False: the file was changed meanwhile, and has to be copied anew.
  bool commit();

 private:
  AppendedCopy(Env& env, std::string path, Body body) : env_(env), path_(std::move(path)), body_(std::move(body)) {}
  /// What another process added between the last look at the old file and the moment when it lost its name.
  void carry_over();

  Env& env_;
  std::string path_;
  Body body_;
  Descriptor old_;  // none: there was no file
  std::uint64_t old_size_ = 0;
  std::unique_ptr<AtomicWrite> target_;
  std::uint64_t copied_ = 0;
  std::uint64_t added_ = 0;
};

}  // namespace genro::storage::local
