// Names are bytes: whatever a name is made of, it is one file of that very name, found, listed and removed as such.
#include <algorithm>

#include "conformance/conformance.h"

namespace genro::storage::conformance {
namespace {

const std::vector<std::string>& awkward_names() {
  static const std::vector<std::string> names{"with space",
                                              " leading",
                                              "trailing ",
                                              "tab\there",
                                              "100%",
                                              "%41",
                                              "%2F",
                                              "a?b",
                                              "?",
                                              "a#b",
                                              "#",
                                              "*",
                                              "a*",
                                              "[ab]",
                                              "g[1]",
                                              "a&b",
                                              "a=b",
                                              "a+b",
                                              "a;b",
                                              "a:b",
                                              "a@b",
                                              "a,b",
                                              "a'b",
                                              "a\"b",
                                              "a<b>",
                                              "a|b",
                                              "a\\b",
                                              "a~",
                                              "~",
                                              "$HOME",
                                              "`x`",
                                              "{}",
                                              "a!b",
                                              ".hidden",
                                              "..a",
                                              "a..",
                                              "a.",
                                              "...",
                                              "-rf",
                                              "caf\xc3\xa9",
                                              "cafe\xcc\x81",
                                              "\xe2\x98\x95.txt",
                                              "\xf0\x9f\x98\x80",
                                              "CASE",
                                              "case"};
  return names;
}

TEST_P(Conformance, a_file_of_any_name_is_read_back) {
  GENRO_NEEDS_NAMES();
  for (const std::string& name : awkward_names()) {
    if (can_be_named(name)) put("dir/" + name, "content of " + name);
  }
  for (const std::string& name : awkward_names()) {
    if (!can_be_named(name)) continue;
    EXPECT_EQ(get("dir/" + name), "content of " + name) << name;
    EXPECT_EQ(stat("dir/" + name)->path, "dir/" + name);
  }
}

TEST_P(Conformance, a_file_of_any_name_is_listed_under_it) {
  GENRO_NEEDS(list);
  std::vector<std::string> paths;
  for (const std::string& name : awkward_names()) {
    if (can_be_named(name)) paths.push_back("dir/" + name);
  }
  for (const std::string& path : paths) put(path, "x");
  std::sort(paths.begin(), paths.end());
  EXPECT_EQ(names("dir"), paths);
  EXPECT_EQ(names("dir", false, 7), paths) << "in small pages";
}

TEST_P(Conformance, removing_a_name_that_looks_like_a_pattern_removes_just_that) {
  GENRO_NEEDS(list);
  GENRO_NEEDS(remove);
  if (!can_be_named("?")) GTEST_SKIP() << "no such name on this server";
  for (const char* name : {"a*", "ab", "ac", "?", "x", "[ab]", "a", "b"}) put(std::string("dir/") + name, "x");
  for (const char* name : {"a*", "?", "[ab]"}) run(backend().remove(std::string("dir/") + name));
  EXPECT_EQ(names("dir"), (std::vector<std::string>{"dir/a", "dir/ab", "dir/ac", "dir/b", "dir/x"}));
}

TEST_P(Conformance, a_name_with_a_newline_is_a_name) {
  GENRO_NEEDS_NAMES();
  if (!can_be_named("\n")) GTEST_SKIP() << "no such name on this server";
  put("dir/two\nlines", "x");
  EXPECT_EQ(get("dir/two\nlines"), "x");
  if (caps().list) {
    EXPECT_EQ(names("dir"), std::vector<std::string>{"dir/two\nlines"});
  }
}

TEST_P(Conformance, a_name_that_is_not_utf8_survives_or_is_refused) {
  GENRO_NEEDS_NAMES();
  const std::string name = "dir/latin\xe9\xff";
  if (const KeyRule* const rule = backend().key_rule(); rule && !rule->fault_of(name).empty()) {
    EXPECT_EQ(failure(backend().put(name, Body(bytes("x")), {})), ErrorCode::invalid_path) << "keys are UTF-8";
    EXPECT_EQ(failure(backend().stat(name)), ErrorCode::invalid_path);
    EXPECT_EQ(read_failure(name), ErrorCode::invalid_path);
    EXPECT_EQ(failure(backend().remove(name)), ErrorCode::invalid_path);
    return;
  }
  if (caps().remote) GTEST_SKIP() << backend().protocol() << ": remote, names are text there";
  put(name, "x");
  EXPECT_EQ(get(name), "x");
  EXPECT_EQ(names("dir"), std::vector<std::string>{name});
}

TEST_P(Conformance, a_name_of_255_bytes_can_be_written_and_replaced) {
  GENRO_NEEDS_NAMES();
  if (caps().remote) GTEST_SKIP() << backend().protocol() << ": remote, the limit is the server's disk's";
  const std::string name = "dir/" + std::string(255, 'n');
  put(name, "one");
  put(name, "two");
  EXPECT_EQ(get(name), "two");
  const std::string just_too_long_for_a_suffix = "dir/" + std::string(218, 'm');
  put(just_too_long_for_a_suffix, "one");
  put(just_too_long_for_a_suffix, "two");
  EXPECT_EQ(get(just_too_long_for_a_suffix), "two");
}

TEST_P(Conformance, a_name_that_is_too_long_is_refused_or_taken_and_stands_in_no_ones_way) {
  GENRO_NEEDS_NAMES();
  put("beside", "y");
  for (const std::size_t length : {300U, 2000U}) {
    const std::string name(length, 'n');
    const Result<Entry> result = outcome_of(backend().put(name, Body(bytes("x")), {}), driver());
    if (result.ok()) {
      EXPECT_EQ(get(name), "x");
    } else if (caps().remote) {  // servers call it what they like, wsgidav an error of its own
      EXPECT_NE(result.error().code(), ErrorCode::internal) << result.error().what();
    } else {
      EXPECT_EQ(result.error().code(), ErrorCode::name_too_long);
      EXPECT_FALSE(stat(name));
    }
  }
  EXPECT_EQ(get("beside"), "y");
}

TEST_P(Conformance, a_path_with_nul_is_refused) {
  GENRO_NEEDS_NAMES();
  if (caps().remote || caps().temporary || backend().protocol() == "sqlite")
    GTEST_SKIP() << backend().protocol() << ": NUL does not end a name there";
  const std::string path("a\0b", 3);
  put("a", "x");
  EXPECT_EQ(read_failure(path), ErrorCode::invalid_path);
  EXPECT_EQ(failure(backend().put(path, Body(bytes("x")), {})), ErrorCode::invalid_path);
  EXPECT_EQ(failure(backend().remove(path)), ErrorCode::invalid_path);
  EXPECT_EQ(get("a"), "x");
}

TEST_P(Conformance, a_deep_path_works) {
  GENRO_NEEDS_NAMES();
  std::string path = "top";
  for (int depth = 0; depth < 60; ++depth) path += "/level" + std::to_string(depth);
  put(path, "deep");
  EXPECT_EQ(get(path), "deep");
  if (caps().list) {
    std::vector<std::string> files;
    for (const Entry& entry : list("top", true)) {
      if (entry.is_file()) files.push_back(entry.path);
    }
    EXPECT_EQ(files, std::vector<std::string>{path});
  }
}

}  // namespace
}  // namespace genro::storage::conformance
