#include <nlohmann/json.hpp>

#include "genro/storage/error.h"
#include "manager/config_file.h"

namespace genro::storage {
namespace {

// Builds values while reading, so that no second tree is made; the error texts of the library are not passed on, since
// they quote the input, and the input holds secrets.
class JsonBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add({}); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override {
    return value <= static_cast<number_unsigned_t>(INT64_MAX) ? add(static_cast<std::int64_t>(value))
                                                              : add(static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(true); }
  bool key(string_t& value) override {
    open_.back().key = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(false); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    position_ = position;
    return false;
  }

  ConfigValue root;
  std::size_t position() const noexcept { return position_; }

 private:
  struct Level {
    bool is_map;
    ConfigMap map;
    ConfigList list;
    std::string key;
  };

  bool open(bool is_map) {
    if (open_.size() >= static_cast<std::size_t>(kConfigDepthMax)) throw Error(ErrorCode::config, "nested too deeply");
    open_.push_back({is_map, {}, {}, {}});
    return true;
  }
  bool close() {
    Level level = std::move(open_.back());
    open_.pop_back();
    return add(level.is_map ? ConfigValue(std::move(level.map)) : ConfigValue(std::move(level.list)));
  }
  bool add(ConfigValue value) {
    if (open_.empty()) {
      root = std::move(value);
    } else if (open_.back().is_map) {
      add_unique(open_.back().map, std::move(open_.back().key), std::move(value));
    } else {
      open_.back().list.push_back(std::move(value));
    }
    return true;
  }

  std::vector<Level> open_;
  std::size_t position_ = 0;
};

}  // namespace

ConfigValue parse_json(std::string_view text) {
  JsonBuilder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    throw Error(ErrorCode::config,
                "Failed to parse JSON file: syntax error near byte " + std::to_string(builder.position()));
  }
  return std::move(builder.root);
}

}  // namespace genro::storage
