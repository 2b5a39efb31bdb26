// ServerCopy: what a store can take from another one of the same server without the content leaving the server: S3 buckets,
// and folders of buckets, of one endpoint and one account have it. Used by copies and moves between two mounts.
// Paths are those of the innermost backends. Where it fails because the server will not, the caller streams instead.
#pragma once

#include <memory>
#include <string>

#include "genro/storage/backend.h"

namespace genro::storage {

class ServerCopy {
 public:
  virtual ~ServerCopy() = default;
  /// Whether `source` lies where this one can take files from.
  virtual bool reaches(const Backend& source) const noexcept = 0;
  /// As Backend::copy, with `from` on `source`, which it reaches.
  virtual Task<Entry> copy_from(std::shared_ptr<Backend> source, std::string from, std::string to,
                                PutOptions options) = 0;
};

}  // namespace genro::storage
