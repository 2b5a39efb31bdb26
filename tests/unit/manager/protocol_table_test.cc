// What is said of every protocol in one place (backends/protocols.cc, and the options beside each backend), and what
// configuration makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "backends/protocols.h"
#include "genro/storage/error.h"
#include "genro/storage/manager.h"
#include "manager/mount_keys.h"

namespace genro::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kMarked = "MARKED-SECRET";

ConfigValue example(const OptionSpec& option) {
  switch (option.type) {
    case OptionType::flag: return true;
    case OptionType::integer:
    case OptionType::number: return 8388608;
    case OptionType::map: return ConfigMap{{"key", kMarked}};
    default: break;
  }
  if (!option.choices.empty()) return std::string(option.choices.substr(0, option.choices.find(' ')));
  return option.secret ? kMarked : "words";
}

ConfigValue of_another_type(const OptionSpec& option) {
  if (option.type == OptionType::text || option.type == OptionType::folder || option.type == OptionType::flag_or_text)
    return ConfigList{ConfigValue(kMarked)};
  return std::string(kMarked);
}

std::string refused(const MountConfig& config) {
  StorageManager manager;
  try {
    ConfigureOptions options;
    options.strict = true;
    manager.configure({config}, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::config);
    return error.message();
  }
  return "nothing was refused";
}

class ProtocolTable : public ::testing::TestWithParam<const Protocol*> {
 protected:
  const Protocol& protocol() const { return *GetParam(); }
  MountConfig full() const {
    MountConfig config{{"name", "tested"}, {"protocol", std::string(protocol().name)}};
    for (const OptionSpec& option : protocol().options) config.emplace_back(option.name, example(option));
    return config;
  }
};

class AvailableProtocol : public ProtocolTable {};

TEST_P(ProtocolTable, says_what_every_option_means_once) {
  EXPECT_NE(protocol().summary, "");
  std::set<std::string_view> seen;
  for (const std::string_view name : names_of(kCommonOptions)) seen.insert(name);
  for (const std::string_view name : names_of(protocol().options)) EXPECT_TRUE(seen.insert(name).second) << name;
  for (const OptionSpec& option : protocol().options) {
    EXPECT_NE(option.help, "") << option.name;
    EXPECT_FALSE(option.required && !option.otherwise.empty()) << option.name;
    EXPECT_FALSE(option.secret && option.place) << option.name;
  }
}

TEST_P(AvailableProtocol, names_the_required_option_that_is_missing) {
  for (const OptionSpec& option : protocol().options) {
    if (!option.required) continue;
    MountConfig config = full();
    std::erase_if(config, [&](const auto& item) { return item.first == option.name; });
    EXPECT_THAT(refused(config), HasSubstr("missing required field: '" + std::string(option.name) + "'"));
  }
}

TEST_P(AvailableProtocol, refuses_a_value_of_another_type_and_never_repeats_it) {
  for (const OptionSpec& option : protocol().options) {
    if (option.type == OptionType::any) continue;
    MountConfig config = full();
    for (auto& [key, value] : config) {
      if (key == option.name) value = of_another_type(option);
    }
    const std::string message = refused(config);
    EXPECT_THAT(message, HasSubstr("'" + std::string(option.name) + "' must be "));
    EXPECT_THAT(message, Not(HasSubstr(kMarked)));
  }
}

TEST_P(AvailableProtocol, knows_the_option_that_a_misspelt_key_means) {
  for (const OptionSpec& option : protocol().options) {
    MountConfig config = full();
    config.emplace_back(std::string(option.name) + "s", kMarked);
    const std::string message = refused(config);
    EXPECT_THAT(message, HasSubstr("did you mean '" + std::string(option.name) + "'?"));
    EXPECT_THAT(message, Not(HasSubstr(kMarked)));
  }
}

std::vector<const Protocol*> protocols(bool available_only) {
  std::vector<const Protocol*> all;
  for (const Protocol* protocol : all_protocols()) {
    if (protocol->make || !available_only) all.push_back(protocol);
  }
  return all;
}

std::string name_of(const ::testing::TestParamInfo<const Protocol*>& info) { return std::string(info.param->name); }

INSTANTIATE_TEST_SUITE_P(Every, ProtocolTable, ::testing::ValuesIn(protocols(false)), name_of);
INSTANTIATE_TEST_SUITE_P(Every, AvailableProtocol, ::testing::ValuesIn(protocols(true)), name_of);

constexpr OptionSpec kExampleOptions[] = {
    {.name = "host", .alias = "server", .required = true, .place = true},
    {.name = "base_path", .place = true},
    {.name = "port", .type = OptionType::integer},
    {.name = "mode", .choices = "fast slow safe"},
};

MountOptions made(ConfigMap values) { return MountOptions("m", "example", std::move(values), kExampleOptions); }

TEST(MountOptionsByTable, find_a_value_under_the_older_name_of_its_option) {
  EXPECT_EQ(made({{"server", "a"}}).text("host"), "a");
  EXPECT_EQ(made({{"server", "a"}, {"host", "b"}}).text("host"), "b");
  EXPECT_EQ(made({{"host", ""}, {"server", "a"}}).required_text("host"), "a");
  EXPECT_EQ(made({{"host", ConfigValue()}, {"server", "a"}}).text("host"), "a");
}

TEST(MountOptionsByTable, tell_the_place_by_its_parts_that_are_given) {
  EXPECT_EQ(made({{"base_path", "a/b"}, {"server", "h"}}).place(), "h/a/b");
  EXPECT_EQ(made({{"server", "h"}, {"base_path", ""}}).place(), "h");
  EXPECT_EQ(made({}).place(), "");
}

TEST(MountOptionsByTable, name_the_key_as_it_was_written_and_all_that_are_valid) {
  EXPECT_EQ(made({{"server", 1}}).wrong("host", "must be a string").message(),
            "mount 'm' (example): 'server' must be a string. Valid keys: host, server, base_path, port, mode");
}

TEST(MountOptionsByTable, take_only_the_words_of_a_choice) {
  EXPECT_NO_THROW(made({{"host", "h"}, {"mode", "slow"}}).check());
  try {
    made({{"host", "h"}, {"mode", "quick"}}).check();
    ADD_FAILURE() << "any word was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("'mode' must be 'fast', 'slow' or 'safe'"));
  }
}

}  // namespace
}  // namespace genro::storage
