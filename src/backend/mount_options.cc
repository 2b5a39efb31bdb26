#include "backend/mount_options.h"

#include <utility>

namespace genro::storage {
namespace {

bool counts(const ConfigValue& value) noexcept {
  const ConfigValue::Variant& inside = value.get();
  if (const auto* text = std::get_if<std::string>(&inside)) return !text->empty();
  if (const auto* flag = std::get_if<bool>(&inside)) return *flag;
  if (const auto* integer = std::get_if<std::int64_t>(&inside)) return *integer != 0;
  return !value.is_null();
}

}  // namespace

MountOptions::MountOptions(std::string mount, std::string protocol, ConfigMap values,
                           std::span<const std::string_view> valid_keys)
    : mount_(std::move(mount)), protocol_(std::move(protocol)), values_(std::move(values)), valid_keys_(valid_keys) {}

const ConfigValue* MountOptions::find(std::string_view key) const noexcept {
  for (const auto& [name, value] : values_) {
    if (name == key) return value.is_null() ? nullptr : &value;
  }
  return nullptr;
}

std::string_view MountOptions::chosen(std::initializer_list<std::string_view> keys) const noexcept {
  for (const std::string_view key : keys) {
    const ConfigValue* value = find(key);
    if (value && counts(*value)) return key;
  }
  return {};
}

std::optional<std::string> MountOptions::text(std::string_view key) const {
  const ConfigValue* value = find(key);
  if (!value) return std::nullopt;
  const std::string* text = value->string();
  if (!text) throw wrong(key, "must be a string");
  return *text;
}

std::optional<bool> MountOptions::flag(std::string_view key) const {
  const ConfigValue* value = find(key);
  if (!value) return std::nullopt;
  const bool* flag = std::get_if<bool>(&value->get());
  if (!flag) throw wrong(key, "must be true or false");
  return *flag;
}

std::optional<std::int64_t> MountOptions::integer(std::string_view key) const {
  const ConfigValue* value = find(key);
  if (!value) return std::nullopt;
  const auto* integer = std::get_if<std::int64_t>(&value->get());
  if (!integer) throw wrong(key, "must be an integer");
  return *integer;
}

std::optional<double> MountOptions::number(std::string_view key) const {
  const ConfigValue* value = find(key);
  if (!value) return std::nullopt;
  if (const auto* integer = std::get_if<std::int64_t>(&value->get())) return static_cast<double>(*integer);
  const auto* number = std::get_if<double>(&value->get());
  if (!number) throw wrong(key, "must be a number");
  return *number;
}

std::optional<std::string> MountOptions::text(std::initializer_list<std::string_view> keys) const {
  const std::string_view key = chosen(keys);
  if (key.empty()) return std::nullopt;
  return text(key);
}

std::string MountOptions::required_text(std::initializer_list<std::string_view> keys) const {
  std::optional<std::string> value = text(keys);
  if (!value) throw missing(*keys.begin());
  return *std::move(value);
}

Error MountOptions::missing(std::string_view key) const {
  std::string message = "mount '" + mount_ + "' (" + protocol_ + "): missing required field: '";
  message.append(key).append("'");
  return Error(ErrorCode::config, std::move(message));
}

Error MountOptions::wrong(std::string_view key, std::string_view must) const {
  std::string message = "mount '" + mount_ + "' (" + protocol_ + "): '";
  message.append(key).append("' ").append(must);
  for (std::size_t i = 0; i < valid_keys_.size(); ++i)
    message.append(i == 0 ? ". Valid keys: " : ", ").append(valid_keys_[i]);
  return Error(ErrorCode::config, std::move(message));
}

}  // namespace genro::storage
