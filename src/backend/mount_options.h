// MountOptions: the values of one mount's configuration, typed and checked. Used by the factories of backends (protocols.h).
// Every getter throws config with the key, the mount and the valid keys when the value has another type; null counts as
// not given. Never put a value into a message: it may be a secret.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "genro/storage/config.h"
#include "genro/storage/error.h"

namespace genro::storage {

class MountOptions {
 public:
  /// `valid_keys`: the backend's own keys, for messages. Must outlive this (they are the table's constants).
  MountOptions(std::string mount, std::string protocol, ConfigMap values,
               std::span<const std::string_view> valid_keys = {});

  const std::string& mount() const noexcept { return mount_; }
  const std::string& protocol() const noexcept { return protocol_; }
  /// The value of the key; null pointer when it is absent or null.
  const ConfigValue* find(std::string_view key) const noexcept;
  /// The key among `keys` whose value counts: the first that is given and not "", false or 0. Empty when there is none.
  std::string_view chosen(std::initializer_list<std::string_view> keys) const noexcept;

  std::optional<std::string> text(std::string_view key) const;
  std::optional<bool> flag(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;  ///< Integers too.
  /// The text of the first of `keys` (a key and its older aliases) that is not empty.
  std::optional<std::string> text(std::initializer_list<std::string_view> keys) const;
  /// The same, "missing required field" naming the first key when there is none.
  std::string required_text(std::initializer_list<std::string_view> keys) const;

  Error missing(std::string_view key) const;
  /// "mount 'docs': 'port' must be an integer. Valid keys: …"
  Error wrong(std::string_view key, std::string_view must) const;

 private:
  std::string mount_;
  std::string protocol_;
  ConfigMap values_;
  std::span<const std::string_view> valid_keys_;
};

}  // namespace genro::storage
