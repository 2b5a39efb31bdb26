// Configuration files: YAML (1.2 core schema) or JSON, a list of mappings, chosen by the file's suffix.
// Used by StorageManager::configure. The files may come from others: size, depth and aliases are bounded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "genro/storage/config.h"

namespace genro::storage {

inline constexpr std::size_t kConfigSizeMax = std::size_t{1} << 20;  ///< bytes
inline constexpr int kConfigDepthMax = 32;
inline constexpr std::size_t kConfigValuesMax = 100'000;  ///< after aliases were followed

/// Throws not_found for a missing file, config for everything else that is wrong with it.
std::vector<MountConfig> load_config_file(const std::string& path);

/// The document as it stands. Throw config, "Failed to parse … file".
ConfigValue parse_yaml(std::string_view text);
ConfigValue parse_json(std::string_view text);

/// Adds `key` to a mapping being parsed; throws config when it is there already: one of the two would be lost.
void add_unique(ConfigMap& map, std::string key, ConfigValue value);

}  // namespace genro::storage
