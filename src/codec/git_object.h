// What git calls things by, and what stands in a repository for what is kept elsewhere. Pure functions over hostile text.
// Used by backends that read repositories (github). https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "codec/digest.h"

namespace genro::storage {

/// 40 lower-case hexadecimal digits: the name of a commit, tree or blob by its content.
bool is_git_object_id(std::string_view text) noexcept;

/// The name of a blob in the making: the SHA-1 of a header with its size, and of what is in it.
class GitBlobId {
 public:
  explicit GitBlobId(std::uint64_t size);
  void update(std::span<const std::byte> data) { state_.update(data); }
  std::string finish();

 private:
  Sha1 state_;
};

/// Whether the content stands for another one that Git LFS keeps, and how it names that ("sha256:…, 12345 bytes"); "" when it
/// does not. https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
std::string git_lfs_target(std::string_view content);
inline constexpr std::uint64_t kLongestLfsPointer = 1024;  ///< bytes

}  // namespace genro::storage
