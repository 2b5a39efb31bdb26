// ConfigValue: the value tree of a mount's configuration, as it comes from C++, Python, YAML or JSON.
// Used by StorageManager::configure and by the backends' typed options. Secrets may be inside: never print one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace genro::storage {

/// A callable base of a local mount. `takes_prefix`: it is asked with the first component of the path and only the rest is appended.
struct BaseResolver {
  std::function<std::string(const std::string& prefix)> resolve;
  bool takes_prefix = false;
};

class ConfigValue;
using ConfigList = std::vector<ConfigValue>;
/// In the order written: messages name keys in it.
using ConfigMap = std::vector<std::pair<std::string, ConfigValue>>;

class ConfigValue {
 public:
  using Variant =
      std::variant<std::monostate, bool, std::int64_t, double, std::string, ConfigList, ConfigMap, BaseResolver>;
  ConfigValue() = default;                                        // null
  ConfigValue(bool value) : value_(value) {}                      // NOLINT(google-explicit-constructor)
  ConfigValue(int value) : value_(std::int64_t{value}) {}         // NOLINT(google-explicit-constructor)
  ConfigValue(std::int64_t value) : value_(value) {}              // NOLINT(google-explicit-constructor)
  ConfigValue(double value) : value_(value) {}                    // NOLINT(google-explicit-constructor)
  ConfigValue(const char* value) : value_(std::string(value)) {}  // NOLINT(google-explicit-constructor)
  ConfigValue(std::string value) : value_(std::move(value)) {}    // NOLINT(google-explicit-constructor)
  ConfigValue(ConfigList value) : value_(std::move(value)) {}     // NOLINT(google-explicit-constructor)
  ConfigValue(ConfigMap value) : value_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  ConfigValue(BaseResolver value) : value_(std::move(value)) {}   // NOLINT(google-explicit-constructor)
  const Variant& get() const noexcept { return value_; }
  bool is_null() const noexcept { return value_.index() == 0; }
  const std::string* string() const noexcept { return std::get_if<std::string>(&value_); }

 private:
  Variant value_;
};

/// The keys and values of one mount, for example {{"name", "home"}, {"protocol", "local"}, {"base_path", "/srv/files"}}.
using MountConfig = ConfigMap;

}  // namespace genro::storage
