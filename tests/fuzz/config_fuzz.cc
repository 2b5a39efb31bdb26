// Configuration files of any content give values or a config error, never anything else, within bounded depth and size.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "genro/storage/error.h"
#include "manager/config_file.h"

using namespace genro::storage;

namespace {

std::size_t check(const ConfigValue& value, int depth) {
  if (depth > kConfigDepthMax + 1) std::abort();
  std::size_t values = 1;
  if (const auto* list = std::get_if<ConfigList>(&value.get())) {
    for (const ConfigValue& item : *list) values += check(item, depth + 1);
  } else if (const auto* map = std::get_if<ConfigMap>(&value.get())) {
    for (const auto& item : *map) values += check(item.second, depth + 1);
  }
  return values;
}

template <ConfigValue (*kParse)(std::string_view)>
void parse(std::string_view text) {
  try {
    if (check(kParse(text), 0) > 2 * kConfigValuesMax) std::abort();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::config) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  parse<parse_yaml>(text);
  parse<parse_json>(text);
  return 0;
}
