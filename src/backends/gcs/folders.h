// Folders: the folders of a bucket with a hierarchical namespace, which are there by themselves, also empty ones. Other buckets
// have none; which kind one is, it is asked once, when it matters first and the mount does not say it.
// https://cloud.google.com/storage/docs/folders-overview
// Used by the gcs backend. Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "backends/gcs/client.h"

namespace genro::storage::gcs {

class Folders {
 public:
  explicit Folders(std::shared_ptr<Client> client);

  // Whether the bucket has such.
  Task<bool> are_kept(std::string path, std::string_view operation);
  Task<bool> has(std::string path, std::string_view operation);
  // Its parent must exist. Throws already_exists.
  Task<void> make(std::string path);
  // Absent is success. Throws not_empty.
  Task<void> remove(std::string path, std::string_view operation);

 private:
  enum class Kind : unsigned char { unknown, flat, hierarchical };

  const std::shared_ptr<Client> client_;
  std::atomic<Kind> kind_;
};

}  // namespace genro::storage::gcs
