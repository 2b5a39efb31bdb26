// What a manager has to do with encryption: its keys, its mounts' defaults, and envelopes by hand.
#include <utility>

#include "genro/storage/error.h"
#include "genro/storage/manager.h"
#include "node/encryption/encryption.h"
#include "node/encryption/key_ring.h"
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

namespace {

Task<Bytes> named(Task<Bytes> working, const char* operation) {
  try {
    co_return co_await working;
  } catch (const Error& error) {
    throw error.with_operation(operation);
  }
}

}  // namespace

Task<Bytes> StorageManager::encrypt(Bytes data, std::optional<std::string> domain) const {
  KeySetPointer keys = state_->keys->keys();
  std::string chosen = domain ? std::move(*domain) : std::string(keys->default_domain());
  return named(encrypt_with({std::move(keys), std::move(chosen)}, state_->keys->unix_seconds(), std::move(data)),
               "encrypt");
}

Task<Bytes> StorageManager::decrypt(Bytes data) const {
  return named(open_with(state_->keys->keys(), std::move(data)), "decrypt");
}

}  // namespace genro::storage
