// One file from one place to another, of any two mounts: inside one store where that is possible, else as a span of a file,
// in one piece, or streamed. Used by copies and moves of files and of trees.
// The caller has passed the guards and knows that the target is no folder (guard.h).
#pragma once

#include <string>

#include "backend/sibling.h"
#include "genro/storage/backend.h"
#include "node/mount.h"

namespace genro::storage {

struct Place {
  MountPointer mount;
  std::string path;
  std::string address() const { return mount->address(path); }
  /// The path as the innermost shared backend names it.
  std::string core_path() const;
};

/// Whether both are parts of one store, so that it can copy and rename between them by itself.
bool one_store(const Mount& a, const Mount& b);
/// The target's store when it can take files from the source's by itself, as they are stored, else null.
Sibling* sibling_of(const Mount& source, const Mount& target);
/// Whether both are the same place of one store.
bool same_place(const Place& a, const Place& b);

enum class Overlap : unsigned char { apart, same, target_inside, source_inside };
/// How two places lie, also when two mounts, links, or spellings that a file system takes for one name, show one folder under
/// different names. May block. (overlap.cc)
Overlap overlap_of(const Place& source, const Place& target);
/// Whether two places of one folder are spelled alike but for capitals.
bool differ_in_case(const Place& a, const Place& b);

/// Whether both are names of one file of this machine: hard links, too. May block.
bool is_one_file(const Place& source, const Place& target);

struct CopyOfFile {
  Entry entry;              ///< the target's
  std::uint64_t taken = 0;  ///< Bytes of the source that it was made from; the target has more where it encrypts.
};
/// Copies one file as it is stored, its MD5 checked against the source's where both sides have one; plaintext that comes to a
/// mount that encrypts is encrypted. Errors carry the address of the side that failed.
Task<CopyOfFile> copy_file(Place from, Place to);

}  // namespace genro::storage
