#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "genro/storage/error.h"
#include "manager/config_file.h"

namespace genro::storage {
namespace {

[[noreturn]] void fail(const YAML::Mark& mark, const std::string& why) {
  throw Error(ErrorCode::config, "Failed to parse YAML file: " + why + " (line " + std::to_string(mark.line + 1) + ")");
}

bool only(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

template <class Number>
std::optional<Number> whole(std::string_view text, int base) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> real(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A plain scalar by the core schema of YAML 1.2 (section 10.3.2), and the truth values of YAML 1.1
// (https://yaml.org/type/bool.html): files that say `anon: yes` exist. Who means the word puts it in quotes.
ConfigValue plain(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return {};
  for (const std::string_view yes : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"}) {
    if (text == no) return false;
  }
  constexpr std::string_view kDigits = "0123456789";
  std::string_view digits = text;
  if (digits.front() == '-' || digits.front() == '+') digits.remove_prefix(1);
  if (only(digits, kDigits)) {
    const std::string_view signed_digits = text.front() == '+' ? digits : std::string_view(text);
    if (const auto number = whole<std::int64_t>(signed_digits, 10)) return *number;
  } else if (text.starts_with("0o")) {
    if (const auto number = whole<std::int64_t>(std::string_view(text).substr(2), 8)) return *number;
  } else if (text.starts_with("0x")) {
    if (const auto number = whole<std::int64_t>(std::string_view(text).substr(2), 16)) return *number;
  }
  const bool number_like = only(digits, "0123456789.eE+-") && digits.find_first_of(kDigits) != std::string_view::npos;
  if (number_like) {
    if (const auto number = real(text)) return *number;
  }
  return text;
}

// Takes yaml-cpp's events instead of its tree: aliases can be counted while they are followed.
class YamlBuilder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(mark, {}, anchor, true); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail(mark, "an alias to something that contains it");
    count(mark, found->second.second);
    add(mark, found->second.first, YAML::NullAnchor, false);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    // A key is the text that was written, whatever it looks like.
    if (!open_.empty() && open_.back().is_map && !open_.back().has_key) {
      merge_key_ = tag == "?" && text == "<<";
      add(mark, text, anchor, true);
    } else {
      add(mark, scalar(mark, tag, text), anchor, true);
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, false);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, true);
  }
  void OnMapEnd() override { close(); }

  ConfigValue root;

 private:
  struct Level {
    bool is_map;
    bool has_key;
    bool merges;
    YAML::anchor_t anchor;
    YAML::Mark mark;
    std::size_t first_value;
    std::string key;
    ConfigMap map;
    ConfigList list;
    ConfigList merged;  // mappings of `<<`
  };

  static ConfigValue scalar(const YAML::Mark& mark, const std::string& tag, const std::string& text) {
    if (tag == "?" || tag.empty()) return plain(text);
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return text;
    for (const std::string_view name : {"null", "bool", "int", "float"}) {
      if (tag == "tag:yaml.org,2002:" + std::string(name)) return plain(text);
    }
    fail(mark, "unknown tag");
  }

  void count(const YAML::Mark& mark, std::size_t values) {
    values_ += values;
    if (values_ > kConfigValuesMax) fail(mark, "too many values");
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool is_map) {
    if (open_.size() >= static_cast<std::size_t>(kConfigDepthMax)) fail(mark, "nested too deeply");
    const bool plain_tag =
        tag.empty() || tag == "?" || tag == "!" || tag == (is_map ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq");
    if (!plain_tag) fail(mark, "unknown tag");
    if (!open_.empty() && open_.back().is_map && !open_.back().has_key) fail(mark, "a key must be a plain text");
    open_.push_back({is_map, false, false, anchor, mark, values_, {}, {}, {}, {}});
  }

  void close() {
    Level level = std::move(open_.back());
    open_.pop_back();
    for (const ConfigValue& source : level.merged) {
      // What the mapping says itself, or an earlier merged one, counts.
      for (const auto& [key, value] : std::get<ConfigMap>(source.get())) {
        bool known = false;
        for (const auto& own : level.map) known = known || own.first == key;
        if (!known) level.map.emplace_back(key, value);
      }
    }
    const std::size_t size = values_ - level.first_value + 1;
    ConfigValue value = level.is_map ? ConfigValue(std::move(level.map)) : ConfigValue(std::move(level.list));
    if (level.anchor != YAML::NullAnchor) anchors_[level.anchor] = {value, size};
    add(level.mark, std::move(value), YAML::NullAnchor, true);
  }

  void merge(const YAML::Mark& mark, ConfigValue value) {
    ConfigList& merged = open_.back().merged;
    if (const auto* list = std::get_if<ConfigList>(&value.get())) {
      for (const ConfigValue& item : *list) merged.push_back(item);
    } else {
      merged.push_back(std::move(value));
    }
    for (const ConfigValue& item : merged) {
      if (!std::holds_alternative<ConfigMap>(item.get())) fail(mark, "'<<' takes mappings");
    }
  }

  void add(const YAML::Mark& mark, ConfigValue value, YAML::anchor_t anchor, bool counted) {
    if (counted) count(mark, 1);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {value, 1};
    if (open_.empty()) {
      root = std::move(value);
      return;
    }
    Level& level = open_.back();
    if (!level.is_map) {
      level.list.push_back(std::move(value));
    } else if (!level.has_key) {
      const std::string* key = value.string();
      if (!key) fail(mark, "a key must be a plain text");
      level.key = *key;
      level.merges = std::exchange(merge_key_, false);
      level.has_key = true;
    } else {
      level.has_key = false;
      if (level.merges) {
        merge(mark, std::move(value));
      } else {
        add_unique(level.map, std::move(level.key), std::move(value));
      }
    }
  }

  std::vector<Level> open_;
  std::map<YAML::anchor_t, std::pair<ConfigValue, std::size_t>> anchors_;
  std::size_t values_ = 0;
  bool merge_key_ = false;
};

}  // namespace

ConfigValue parse_yaml(std::string_view text) {
  std::istringstream stream{std::string(text)};
  YamlBuilder builder;
  try {
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) {
      YamlBuilder further;
      if (parser.HandleNextDocument(further)) {
        throw Error(ErrorCode::config, "Failed to parse YAML file: more than one document");
      }
    }
  } catch (const YAML::Exception& error) {
    // Not its what(): that may quote the input, and the input holds secrets.
    fail(error.mark, "syntax error");
  }
  return std::move(builder.root);
}

}  // namespace genro::storage
