#include "manager/config_file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

std::string read_text_file(const std::string& path) {
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::status(path, failed);
  if (!std::filesystem::exists(status)) throw Error(ErrorCode::not_found, "Configuration file not found: " + path);
  if (!std::filesystem::is_regular_file(status)) throw Error(ErrorCode::config, "not a configuration file: " + path);
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error::from_errno(errno, "configure", path);
  std::string text(kConfigSizeMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kConfigSizeMax) throw Error(ErrorCode::config, "configuration file larger than 1 MiB: " + path);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return text;
}

}  // namespace

void add_unique(ConfigMap& map, std::string key, ConfigValue value) {
  for (const auto& [known, unused] : map) {
    if (known == key) throw Error(ErrorCode::config, "the key '" + key + "' is given twice in one mapping");
  }
  map.emplace_back(std::move(key), std::move(value));
}

std::vector<MountConfig> load_config_file(const std::string& path) {
  const std::string suffix = lower(std::filesystem::path(path).extension().string());
  const bool yaml = suffix == ".yaml" || suffix == ".yml";
  std::error_code failed;
  if (!std::filesystem::exists(path, failed))
    throw Error(ErrorCode::not_found, "Configuration file not found: " + path);
  if (!yaml && suffix != ".json") {
    throw Error(ErrorCode::config,
                "Unsupported configuration file format '" + suffix + "' (use .yaml, .yml or .json): " + path);
  }
  ConfigValue document;
  try {
    const std::string text = read_text_file(path);
    document = yaml ? parse_yaml(text) : parse_json(text);
  } catch (const Error& error) {
    throw error.with_where(path);
  }
  const auto* list = std::get_if<ConfigList>(&document.get());
  if (!list) throw Error(ErrorCode::config, "configure", path, "the configuration must be a list of mounts");
  std::vector<MountConfig> mounts;
  mounts.reserve(list->size());
  for (const ConfigValue& item : *list) {
    const auto* map = std::get_if<ConfigMap>(&item.get());
    if (!map) throw Error(ErrorCode::config, "configure", path, "each mount must be a mapping of keys to values");
    mounts.push_back(*map);
  }
  return mounts;
}

}  // namespace genro::storage
