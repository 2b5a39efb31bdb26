#include "manager/references.h"

#include <cstdlib>
#include <fstream>
#include <optional>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

constexpr std::size_t kFileSizeMax = 64 * 1024;

struct ConfigKey {
  const std::string& mount;
  const std::string& key;
};

Error broken(const ConfigKey& place, const std::string& why) {
  return Error(ErrorCode::config, "mount '" + place.mount + "': '" + place.key + "': " + why);
}

std::string variable(const ConfigKey& place, const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (!value) throw broken(place, "the environment variable '" + name + "' is not set");
  return value;
}

std::string file_text(const ConfigKey& place, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kFileSizeMax + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) throw broken(place, "the file '" + path + "' cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.empty() && !file.eof()) throw broken(place, "the file '" + path + "' cannot be read");
  if (text.size() > kFileSizeMax) throw broken(place, "the file '" + path + "' is larger than 64 KiB");
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

std::string resolve_text(const ConfigKey& place, const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t dollar = text.find('$', at);
    result.append(text, at, dollar - at);
    if (dollar == std::string::npos) break;
    const std::string_view rest = std::string_view(text).substr(dollar);
    if (rest.starts_with("$${")) {
      result += "${";
      at = dollar + 3;
      continue;
    }
    const bool is_variable = rest.starts_with("${env:");
    if (!is_variable && !rest.starts_with("${file:")) {
      result += '$';
      at = dollar + 1;
      continue;
    }
    const std::size_t colon = dollar + (is_variable ? 5 : 6);
    const std::size_t end = text.find('}', colon);
    if (end == std::string::npos) throw broken(place, "a reference without its closing '}'");
    const std::string name = text.substr(colon + 1, end - colon - 1);
    if (name.empty()) throw broken(place, "a reference without a name");
    result += is_variable ? variable(place, name) : file_text(place, name);
    at = end + 1;
  }
  return result;
}

ConfigValue resolve(const ConfigValue& value, const ConfigKey& place) {
  if (const std::string* text = value.string()) {
    return text->find("${") == std::string::npos ? *text : resolve_text(place, *text);
  }
  if (const auto* list = std::get_if<ConfigList>(&value.get())) {
    ConfigList result;
    result.reserve(list->size());
    for (const ConfigValue& item : *list) result.push_back(resolve(item, place));
    return result;
  }
  if (const auto* map = std::get_if<ConfigMap>(&value.get())) {
    ConfigMap result;
    result.reserve(map->size());
    for (const auto& [key, item] : *map) result.emplace_back(key, resolve(item, place));
    return result;
  }
  return value;
}

}  // namespace

ConfigValue resolve_references(const ConfigValue& value, const std::string& mount, const std::string& key) {
  return resolve(value, {mount, key});
}

}  // namespace genro::storage
