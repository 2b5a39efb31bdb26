// OptionSpec: one option of a mount, as data. Every backend declares the options of its protocol beside itself (the table is
// backends/protocols.cc), and whatever else speaks of them is made from that: the checks and messages of configuration, the
// elements of Python's StorageConfig, the typed dicts of mount_configs.py and the tables of the guide.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace genro::storage {

enum class OptionType : unsigned char {
  text,
  flag,
  integer,
  number,        // integers too
  map,           // names and values
  folder,        // a path, or a function that gives one
  flag_or_text,  // true, false or a word
  any,           // the backend looks at it itself
};

struct OptionSpec {
  std::string_view name;
  std::string_view alias = {};  ///< An older name that is still taken; "" = none.
  OptionType type = OptionType::text;
  bool required = false;  ///< Absent, null, "", false and 0 are then errors.
  bool secret = false;    ///< Never shown to anybody.
  bool place = false;     ///< Says where the files are: shown, one after the other, as what the mount stands for.
  std::string_view choices = {};    ///< The words it may be, separated by spaces; "" = any.
  std::string_view otherwise = {};  ///< What it is when absent, in words for the guide.
  std::string_view help = {};       ///< For the guide, in Markdown.
};

/// All names that may be written, older ones after the one that each stands for.
inline std::vector<std::string_view> names_of(std::span<const OptionSpec> options) {
  std::vector<std::string_view> names;
  for (const OptionSpec& option : options) {
    names.push_back(option.name);
    if (!option.alias.empty()) names.push_back(option.alias);
  }
  return names;
}

}  // namespace genro::storage
