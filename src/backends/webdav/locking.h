// Exclusive write locks (RFC 4918 section 7), held for the moment of a conditional write. Used by the parts of the webdav
// backend. Only servers of class 2 have them.
#pragma once

#include <memory>
#include <string>

#include "backends/webdav/client.h"

namespace genro::storage::webdav {

struct Lock {
  std::string token;     ///< with its angle brackets
  bool created = false;  ///< The lock itself made an empty file.
};

/// A path that has no file may be locked, too. Throws permission_denied, retryable, where somebody else has locked it.
Task<Lock> lock(std::shared_ptr<Client> client, std::string path);
/// Never fails: a lock that stays ends by itself.
Task<void> unlock(std::shared_ptr<Client> client, std::string path, Lock lock);
/// The If field of a request that changes a locked path.
std::string if_locked(const Client& client, const std::string& path, const Lock& lock);

}  // namespace genro::storage::webdav
