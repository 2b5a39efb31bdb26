#include "manager/config_file.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "genro/storage/manager.h"
#include "manager/nearest.h"
#include "manager/references.h"

namespace genro::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A file of this test in a folder of its own.
class ConfigFile : public ::testing::Test {
 protected:
  ConfigFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "config_file_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ConfigFile() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  static std::string message(const std::function<void()>& call, ErrorCode code = ErrorCode::config) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "no failure";
  }
  std::string folder_;
};

template <class T>
T value(const ConfigValue& map, std::string_view key) {
  for (const auto& [name, item] : std::get<ConfigMap>(map.get())) {
    if (name == key) return std::get<T>(item.get());
  }
  throw std::out_of_range("no such key");
}

TEST_F(ConfigFile, yaml_scalars_are_typed_by_the_core_schema) {
  const ConfigValue map = parse_yaml(
      "{a: 1, b: -2.5, c: true, d: 'true', e: y, f: 0x1F, g: 1e3, h: \"7\", i: 007, j: 1.2.3, k: !!str 5, l: 5-3}");
  EXPECT_EQ(value<std::int64_t>(map, "a"), 1);
  EXPECT_EQ(value<double>(map, "b"), -2.5);
  EXPECT_EQ(value<bool>(map, "c"), true);
  EXPECT_EQ(value<std::string>(map, "d"), "true");
  EXPECT_EQ(value<std::string>(map, "e"), "y");
  EXPECT_EQ(value<std::int64_t>(map, "f"), 31);
  EXPECT_EQ(value<double>(map, "g"), 1000);
  EXPECT_EQ(value<std::string>(map, "h"), "7");
  EXPECT_EQ(value<std::int64_t>(map, "i"), 7);
  EXPECT_EQ(value<std::string>(map, "j"), "1.2.3");
  EXPECT_EQ(value<std::string>(map, "k"), "5");
  EXPECT_EQ(value<std::string>(map, "l"), "5-3");
}

TEST_F(ConfigFile, yaml_truth_may_be_written_as_in_yaml_1_1) {
  for (const std::string yes : {"true", "yes", "Yes", "YES", "on", "On", "ON"}) {
    EXPECT_EQ(value<bool>(parse_yaml("{a: " + yes + "}"), "a"), true) << yes;
    EXPECT_EQ(value<std::string>(parse_yaml("{a: '" + yes + "'}"), "a"), yes);
  }
  for (const std::string no : {"false", "no", "No", "NO", "off", "Off", "OFF"}) {
    EXPECT_EQ(value<bool>(parse_yaml("{a: " + no + "}"), "a"), false) << no;
  }
  EXPECT_EQ(value<std::string>(parse_yaml("{on: yEs}"), "on"), "yEs");
}

TEST_F(ConfigFile, yaml_anchors_and_merge_keys_work_but_bombs_do_not) {
  const ConfigValue list = parse_yaml("- &base {region: eu, anon: true}\n- {<<: *base, region: us}\n");
  const ConfigValue& second = std::get<ConfigList>(list.get())[1];
  EXPECT_EQ(value<std::string>(second, "region"), "us");
  EXPECT_EQ(value<bool>(second, "anon"), true);

  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 1; k < 10; ++k) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_THAT(message([&] { parse_yaml(bomb); }), HasSubstr("too many values"));
  EXPECT_THAT(message([&] { parse_yaml(std::string(100, '[') + std::string(100, ']')); }),
              HasSubstr("nested too deeply"));
  EXPECT_THAT(message([&] { parse_json(std::string(100, '[') + std::string(100, ']')); }),
              HasSubstr("nested too deeply"));
}

TEST_F(ConfigFile, messages_of_broken_files_do_not_quote_them) {
  EXPECT_THAT(message([] { parse_yaml("- {secret_key: hunter2, ]"); }), HasSubstr("Failed to parse YAML file"));
  EXPECT_THAT(message([] { parse_yaml("- {secret_key: hunter2, ]"); }), Not(HasSubstr("hunter2")));
  EXPECT_THAT(message([] { parse_json("[{\"secret_key\": \"hunter2\", ]"); }), HasSubstr("Failed to parse JSON file"));
  EXPECT_THAT(message([] { parse_json("[{\"secret_key\": \"hunter2\", ]"); }), Not(HasSubstr("hunter2")));
  EXPECT_THAT(message([] { parse_yaml("- {a: 1, a: 2}"); }), HasSubstr("given twice"));
  EXPECT_THAT(message([] { parse_json("[{\"a\": 1, \"a\": 2}]"); }), HasSubstr("given twice"));
  EXPECT_THAT(message([] { parse_yaml("- !!python/object:os.system {}"); }), HasSubstr("unknown tag"));
}

TEST_F(ConfigFile, the_suffix_chooses_the_format) {
  StorageManager storage;
  storage.configure(file("a.yaml", "- {name: one, protocol: memory}\n"));
  storage.configure(file("b.JSON", R"([{"name": "two", "protocol": "memory"}])"));
  EXPECT_EQ(storage.get_mount_names(), (std::vector<std::string>{"one", "two"}));
  EXPECT_THAT(message([&] { storage.configure(file("c.toml", "")); }),
              HasSubstr("Unsupported configuration file format"));
  EXPECT_THAT(message([&] { storage.configure(folder_ + "/missing.yaml"); }, ErrorCode::not_found),
              HasSubstr("missing.yaml"));
  EXPECT_THAT(message([&] { storage.configure(file("d.yml", "")); }), HasSubstr("must be a list"));
  EXPECT_THAT(message([&] { storage.configure(file("e.json", R"({"mounts": []})")); }), HasSubstr("must be a list"));
  EXPECT_THAT(message([&] { storage.configure(file("f.yml", std::string(2 << 20, ' '))); }),
              HasSubstr("larger than 1 MiB"));
}

TEST_F(ConfigFile, references_are_replaced_and_missing_ones_are_named) {
  ::setenv("GENRO_TEST_SECRET", "hunter2", 1);
  const std::string path = file("secret", "from file\n");
  const auto text = [](const std::string& raw) { return *resolve_references(raw, "m", "secret_key").string(); };
  EXPECT_EQ(text("${env:GENRO_TEST_SECRET}"), "hunter2");
  EXPECT_EQ(text("a ${env:GENRO_TEST_SECRET} b ${file:" + path + "}"), "a hunter2 b from file");
  EXPECT_EQ(text("$${env:X} costs $5 ${other}"), "${env:X} costs $5 ${other}");
  const std::string missing = message([&] { text("${env:GENRO_NOT_THERE}"); });
  EXPECT_THAT(missing, HasSubstr("'m'"));
  EXPECT_THAT(missing, HasSubstr("'secret_key'"));
  EXPECT_THAT(missing, HasSubstr("GENRO_NOT_THERE"));
  EXPECT_THAT(message([&] { text("${file:/no/such/file}"); }), HasSubstr("cannot be read"));
  EXPECT_THAT(message([&] { text("${file:/}"); }), HasSubstr("cannot be read"));
  EXPECT_THAT(message([&] { text("${env:OPEN"); }), HasSubstr("closing"));
}

TEST(Nearest, finds_the_misspelt_word_and_nothing_far) {
  constexpr std::string_view words[] = {"region", "bucket", "endpoint_url"};
  EXPECT_EQ(nearest("regoin", words), "region");
  EXPECT_EQ(nearest("bukcet", words), "bucket");
  EXPECT_EQ(nearest("endpoint", words), "");
  EXPECT_EQ(nearest("endpoint_uri", words), "endpoint_url");
  EXPECT_EQ(nearest("zzz", words), "");
}

}  // namespace
}  // namespace genro::storage
