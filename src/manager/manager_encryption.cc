// What a manager has to do with encryption: its keys, its mounts' defaults, and envelopes by hand.
#include <utility>

#include "genro/storage/error.h"
#include "genro/storage/manager.h"
#include "node/envelope.h"
#include "node/key_ring.h"
#include "node/mount.h"

namespace genro::storage {

void StorageManager::set_encryption_keys(std::string_view keys) {
  state_->keys->replace(std::make_shared<const KeySet>(keys));
}

bool StorageManager::encryption_active() const noexcept { return state_->keys->active(); }

std::vector<std::string> StorageManager::encryption_domains() const { return state_->keys->keys()->domains(); }

Encrypted StorageManager::mount_default_encrypted(std::string_view name) const {
  const MountPointer mount = state_->find(name);
  return mount ? mount->default_encrypted : Encrypted(false);
}

Bytes StorageManager::encrypt(Bytes data, std::optional<std::string_view> domain) const {
  const KeySetPointer keys = state_->keys->keys();
  try {
    return seal(*keys, domain.value_or(keys->default_domain()), state_->keys->unix_seconds(), data);
  } catch (const Error& error) {
    throw error.with_operation("encrypt");
  }
}

Bytes StorageManager::decrypt(Bytes data) const {
  const KeySetPointer keys = state_->keys->keys();
  try {
    return open_envelope(*keys, std::move(data));
  } catch (const Error& error) {
    throw error.with_operation("decrypt");
  }
}

}  // namespace genro::storage
