// ${env:NAME} and ${file:PATH} inside configuration values: secrets stay out of configuration files.
// Used by the manager before a backend sees the values. Never put a resolved value into a message.
#pragma once

#include <string>
#include <string_view>

#include "genro/storage/config.h"

namespace genro::storage {

/// The value with every reference in it replaced, also inside lists and mappings. "$${" stands for a plain "${".
/// A file's last line end is not part of the value. Throws config, naming `mount` and `key`, when there is no such variable or file.
ConfigValue resolve_references(const ConfigValue& value, const std::string& mount, const std::string& key);

}  // namespace genro::storage
