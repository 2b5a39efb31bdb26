#include "net/serve_conditions.h"

#include <gtest/gtest.h>

namespace genro::storage {
namespace {

constexpr std::int64_t kOneSecond = 1'000'000'000;
constexpr std::int64_t kChanged = 784'111'777 * kOneSecond + 500'000'000;  // Sun, 06 Nov 1994 08:49:37.5 GMT
constexpr const char* kThen = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* kAfter = "Sun, 06 Nov 1994 08:49:38 GMT";

const Validators kFile{"1.5-10", kChanged};

Verdict verdict(HeaderFields headers, const Validators& file = kFile) {
  return evaluate_conditions({"GET", std::move(headers)}, file);
}

TEST(ServeConditions, without_conditions_the_file_is_sent) { EXPECT_EQ(verdict({}), Verdict::proceed); }

TEST(ServeConditions, if_none_match_takes_lists_weak_tags_and_a_star) {
  for (const char* tags : {"\"1.5-10\"", "W/\"1.5-10\"", "\"a\", \"1.5-10\"", "\"a,b\",W/\"1.5-10\" , \"c\"", "*",
                           " * ", "1.5-10", "a, 1.5-10", "\"1.5-10", "1.5-10\""}) {
    EXPECT_EQ(verdict({{"If-None-Match", tags}}), Verdict::not_modified) << tags;
  }
  for (const char* tags : {"\"1.5-11\"", "\"x1.5-10\"", "", ",", "\"\"", "W/", "\"*\"", "\"a\" \"1.5-10\""}) {
    EXPECT_EQ(verdict({{"If-None-Match", tags}}), Verdict::proceed) << tags;
  }
}

TEST(ServeConditions, field_names_have_no_case_and_repeated_fields_are_one_list) {
  EXPECT_EQ(verdict({{"if-none-MATCH", "\"a\""}, {"IF-NONE-MATCH", "\"1.5-10\""}}), Verdict::not_modified);
}

TEST(ServeConditions, if_match_is_strong) {
  EXPECT_EQ(verdict({{"If-Match", "\"1.5-10\""}}), Verdict::proceed);
  EXPECT_EQ(verdict({{"If-Match", "*"}}), Verdict::proceed);
  EXPECT_EQ(verdict({{"If-Match", "W/\"1.5-10\""}}), Verdict::failed);
  EXPECT_EQ(verdict({{"If-Match", "\"other\""}}), Verdict::failed);
}

TEST(ServeConditions, dates_are_compared_by_the_second) {
  EXPECT_EQ(verdict({{"If-Modified-Since", kThen}}), Verdict::not_modified);
  EXPECT_EQ(verdict({{"If-Modified-Since", kAfter}}), Verdict::not_modified);
  EXPECT_EQ(verdict({{"If-Modified-Since", kBefore}}), Verdict::proceed);
  EXPECT_EQ(verdict({{"If-Unmodified-Since", kThen}}), Verdict::proceed);
  EXPECT_EQ(verdict({{"If-Unmodified-Since", kBefore}}), Verdict::failed);
  EXPECT_EQ(verdict({{"If-Modified-Since", "yesterday"}}), Verdict::proceed);
  EXPECT_EQ(verdict({{"If-Unmodified-Since", "yesterday"}}), Verdict::proceed);
}

TEST(ServeConditions, tags_win_over_dates_and_failing_wins_over_not_modified) {
  EXPECT_EQ(verdict({{"If-None-Match", "\"other\""}, {"If-Modified-Since", kAfter}}), Verdict::proceed);
  EXPECT_EQ(verdict({{"If-Match", "\"1.5-10\""}, {"If-Unmodified-Since", kBefore}}), Verdict::proceed);
  EXPECT_EQ(verdict({{"If-Match", "\"other\""}, {"If-None-Match", "\"1.5-10\""}}), Verdict::failed);
  EXPECT_EQ(verdict({{"If-Unmodified-Since", kBefore}, {"If-None-Match", "*"}}), Verdict::failed);
}

TEST(ServeConditions, a_file_without_a_time_ignores_dates_and_without_a_tag_matches_only_the_star) {
  const Validators unknown{"", Entry::kNoTime};
  EXPECT_EQ(verdict({{"If-Modified-Since", kAfter}}, unknown), Verdict::proceed);
  EXPECT_EQ(verdict({{"If-Unmodified-Since", kBefore}}, unknown), Verdict::proceed);
  EXPECT_EQ(verdict({{"If-None-Match", "\"\""}}, unknown), Verdict::proceed);
  EXPECT_EQ(verdict({{"If-None-Match", "*"}}, unknown), Verdict::not_modified);
}

TEST(ServeConditions, if_range_needs_the_very_file) {
  const auto valid = [](const char* value, std::int64_t age = 10 * kOneSecond) {
    return range_still_valid({"GET", {{"If-Range", value}}}, kFile, kChanged + age);
  };
  EXPECT_TRUE(range_still_valid({}, kFile, kChanged));
  EXPECT_TRUE(valid("\"1.5-10\""));
  EXPECT_TRUE(valid("1.5-10"));
  EXPECT_FALSE(valid("W/\"1.5-10\""));
  EXPECT_FALSE(valid("\"1.5-11\""));
  EXPECT_TRUE(valid(kThen));
  EXPECT_FALSE(valid(kAfter));
  EXPECT_FALSE(valid(kBefore));
  EXPECT_FALSE(valid(kThen, kOneSecond));  // it may have changed again within that second
  EXPECT_FALSE(valid("nonsense"));
}

TEST(ServeConditions, the_tag_is_time_and_size_as_python_writes_them) {
  Entry entry;
  entry.size = 42;
  entry.etag = "own";
  entry.mtime_ns = 1'700'000'000'123'456'789;
  EXPECT_EQ(validators_of(entry, false).etag, "1700000000.1234567-42");
  EXPECT_EQ(validators_of(entry, true).etag, "1700000000.1234567-42");
  entry.mtime_ns = 1'700'000'000 * kOneSecond;
  EXPECT_EQ(validators_of(entry, false).etag, "1700000000.0-42");
}

TEST(ServeConditions, where_times_are_coarse_or_missing_the_backends_tag_stands_in) {
  Entry entry;
  entry.size = 42;
  entry.mtime_ns = 1'700'000'000 * kOneSecond;
  entry.etag = "a\"b\r\nc";
  EXPECT_EQ(validators_of(entry, true).etag, "1700000000.0-42-abc");
  entry.mtime_ns = Entry::kNoTime;
  EXPECT_EQ(validators_of(entry, false).etag, "abc");
  entry.etag.clear();
  EXPECT_EQ(validators_of(entry, false).etag, "");
}

}  // namespace
}  // namespace genro::storage
