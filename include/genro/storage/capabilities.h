// Capabilities: what a mount promises its users, in the words of the public API (Python: BackendCapabilities).
// Derived from a backend's Caps and its permission level; plain data, compared by value.
#pragma once

#include <string>

namespace genro::storage {

struct Capabilities {
  bool read = true;
  bool write = true;
  bool remove = true;  ///< Python: delete
  bool mkdir = true;
  bool list_dir = true;
  bool versioning = false;
  bool version_listing = false;
  bool version_access = false;
  bool metadata = false;
  bool presigned_urls = false;
  bool public_urls = false;
  bool atomic_operations = true;
  bool symbolic_links = false;
  bool copy_optimization = false;
  bool hash_on_metadata = false;
  bool append_mode = true;
  bool seek_support = true;
  bool readonly = false;
  bool temporary = false;
  friend bool operator==(const Capabilities&, const Capabilities&) = default;
  /// "versioning, metadata, …" or "basic file operations".
  std::string to_string() const;
};

}  // namespace genro::storage
