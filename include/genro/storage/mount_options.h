// MountOptions: the values of one mount's configuration, typed and checked. Used by the factories of backends (protocols.h).
// A value is asked for by the name of its option; it is found under the option's older name, too. Every getter throws config
// with the key, the mount and the valid keys when the value has another type; null counts as not given.
// Never put a value into a message: it may be a secret.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "genro/storage/config.h"
#include "genro/storage/error.h"
#include "genro/storage/option_spec.h"

namespace genro::storage {

class MountOptions {
 public:
  /// `specs`: the protocol's options. They must outlive this (they are the table's constants).
  MountOptions(std::string mount, std::string protocol, ConfigMap values, std::span<const OptionSpec> specs = {});

  const std::string& mount() const noexcept { return mount_; }
  const std::string& protocol() const noexcept { return protocol_; }
  /// Throws what the table alone can tell: a required option that is missing, in the order of the table, then a value of
  /// another type than its option's.
  void check() const;

  /// Null when it is absent or null. Where both names of an option are given, the first counts whose value is not "", false or 0.
  const ConfigValue* find(std::string_view option) const noexcept { return given(option).value; }
  std::optional<std::string> text(std::string_view option) const;
  std::optional<bool> flag(std::string_view option) const;
  std::optional<std::int64_t> integer(std::string_view option) const;
  std::optional<double> number(std::string_view option) const;  ///< Integers too.
  /// "missing required field" when it is absent or "".
  std::string required_text(std::string_view option) const;
  /// The texts of the options that say where the files are, joined: "bucket/prefix".
  std::string place() const;

  Error missing(std::string_view option) const;
  /// "mount 'docs' (sftp): 'port' must be an integer. Valid keys: …", with the name under which the option was given.
  Error wrong(std::string_view option, std::string_view must) const;

 private:
  struct Given {
    std::string_view key;  // as it was written; the option's own name when the value is null
    const ConfigValue* value = nullptr;
  };
  Given given(std::string_view option) const noexcept;
  void check_type(const OptionSpec& spec) const;
  void check_choice(const OptionSpec& spec) const;

  std::string mount_;
  std::string protocol_;
  ConfigMap values_;
  std::span<const OptionSpec> specs_;
};

}  // namespace genro::storage
