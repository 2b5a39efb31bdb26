#include "genro/storage/mount_options.h"

#include <utility>
#include <vector>

namespace genro::storage {
namespace {

bool counts(const ConfigValue* value) noexcept {
  if (!value) return false;
  const ConfigValue::Variant& inside = value->get();
  if (const auto* text = std::get_if<std::string>(&inside)) return !text->empty();
  if (const auto* flag = std::get_if<bool>(&inside)) return *flag;
  if (const auto* integer = std::get_if<std::int64_t>(&inside)) return *integer != 0;
  return true;
}

const ConfigValue* value_under(const ConfigMap& values, std::string_view key) noexcept {
  for (const auto& [name, value] : values) {
    if (name == key) return value.is_null() ? nullptr : &value;
  }
  return nullptr;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    words.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return words;
}

}  // namespace

MountOptions::MountOptions(std::string mount, std::string protocol, ConfigMap values, std::span<const OptionSpec> specs)
    : mount_(std::move(mount)), protocol_(std::move(protocol)), values_(std::move(values)), specs_(specs) {}

MountOptions::Given MountOptions::given(std::string_view option) const noexcept {
  const Given own{option, value_under(values_, option)};
  if (counts(own.value)) return own;
  for (const OptionSpec& spec : specs_) {
    if (spec.name != option || spec.alias.empty()) continue;
    const Given older{spec.alias, value_under(values_, spec.alias)};
    if (counts(older.value) || (older.value && !own.value)) return older;
  }
  return own;
}

void MountOptions::check() const {
  for (const OptionSpec& spec : specs_) {
    if (spec.required && !counts(find(spec.name))) throw missing(spec.name);
  }
  for (const OptionSpec& spec : specs_) {
    check_type(spec);
    if (!spec.choices.empty()) check_choice(spec);
  }
}

void MountOptions::check_type(const OptionSpec& spec) const {
  const ConfigValue* value = find(spec.name);
  if (!value) return;
  switch (spec.type) {
    case OptionType::text: text(spec.name); break;
    case OptionType::flag: flag(spec.name); break;
    case OptionType::integer: integer(spec.name); break;
    case OptionType::number: number(spec.name); break;
    case OptionType::map:
      if (!std::holds_alternative<ConfigMap>(value->get())) throw wrong(spec.name, "must be names with values");
      break;
    case OptionType::folder:
      if (!value->string() && !std::holds_alternative<BaseResolver>(value->get())) {
        throw wrong(spec.name, "must be a path or a function that gives one");
      }
      break;
    case OptionType::flag_or_text:
      if (!value->string() && !std::holds_alternative<bool>(value->get())) {
        throw wrong(spec.name, "must be true, false or a word");
      }
      break;
    case OptionType::any: break;
  }
}

void MountOptions::check_choice(const OptionSpec& spec) const {
  const ConfigValue* value = find(spec.name);
  if (!value || !value->string()) return;
  const std::vector<std::string_view> words = words_of(spec.choices);
  std::string must = "must be ";
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == *value->string()) return;
    if (i > 0) must += i + 1 == words.size() ? " or " : ", ";
    must.append("'").append(words[i]).append("'");
  }
  throw wrong(spec.name, must);
}

std::optional<std::string> MountOptions::text(std::string_view option) const {
  const ConfigValue* value = find(option);
  if (!value) return std::nullopt;
  const std::string* text = value->string();
  if (!text) throw wrong(option, "must be a string");
  return *text;
}

std::optional<bool> MountOptions::flag(std::string_view option) const {
  const ConfigValue* value = find(option);
  if (!value) return std::nullopt;
  const bool* flag = std::get_if<bool>(&value->get());
  if (!flag) throw wrong(option, "must be true or false");
  return *flag;
}

std::optional<std::int64_t> MountOptions::integer(std::string_view option) const {
  const ConfigValue* value = find(option);
  if (!value) return std::nullopt;
  const auto* integer = std::get_if<std::int64_t>(&value->get());
  if (!integer) throw wrong(option, "must be an integer");
  return *integer;
}

std::optional<double> MountOptions::number(std::string_view option) const {
  const ConfigValue* value = find(option);
  if (!value) return std::nullopt;
  if (const auto* integer = std::get_if<std::int64_t>(&value->get())) return static_cast<double>(*integer);
  const auto* number = std::get_if<double>(&value->get());
  if (!number) throw wrong(option, "must be a number");
  return *number;
}

std::string MountOptions::required_text(std::string_view option) const {
  if (!counts(find(option))) throw missing(option);
  return *text(option);
}

std::string MountOptions::place() const {
  std::string joined;
  for (const OptionSpec& spec : specs_) {
    const ConfigValue* value = spec.place ? find(spec.name) : nullptr;
    if (!value || !value->string() || value->string()->empty()) continue;
    if (!joined.empty()) joined += '/';
    joined += *value->string();
  }
  return joined;
}

Error MountOptions::missing(std::string_view option) const {
  std::string message = "mount '" + mount_ + "' (" + protocol_ + "): missing required field: '";
  message.append(option).append("'");
  return Error(ErrorCode::config, std::move(message));
}

Error MountOptions::wrong(std::string_view option, std::string_view must) const {
  std::string message = "mount '" + mount_ + "' (" + protocol_ + "): '";
  message.append(given(option).key).append("' ").append(must);
  const char* between = ". Valid keys: ";
  for (const std::string_view name : names_of(specs_)) message.append(std::exchange(between, ", ")).append(name);
  return Error(ErrorCode::config, std::move(message));
}

}  // namespace genro::storage
