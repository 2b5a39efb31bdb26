#include "node/version_history.h"

#include <gtest/gtest.h>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Version content(std::string id, std::int64_t second, std::string etag, bool latest = false) {
  return {std::move(id), latest, false, second * kSecond, 1, std::move(etag)};
}

Version deletion(std::string id, std::int64_t second, bool latest = false) {
  return {std::move(id), latest, true, second * kSecond, 0, ""};
}

std::string found(const std::vector<Version>& history, VersionSelector selector) {
  try {
    return find_version(history, selector).version_id;
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.message();
  }
}

using Places = std::vector<std::size_t>;

TEST(VersionHistory, is_the_servers_order_reversed_also_when_times_tie) {
  const std::vector<Version> history =
      history_of({content("c", 5, "z", true), content("b", 5, "y"), content("a", 5, "x")});
  EXPECT_EQ(history[0].version_id, "a");
  EXPECT_EQ(history[2].version_id, "c");
}

TEST(VersionHistory, an_index_counts_contents_from_either_end) {
  const std::vector<Version> history = {content("a", 1, "x"), deletion("d", 2), content("b", 3, "y"),
                                        content("c", 4, "z", true)};
  EXPECT_EQ(found(history, 0), "a");
  EXPECT_EQ(found(history, 1), "b");
  EXPECT_EQ(found(history, -1), "c");
  EXPECT_EQ(found(history, -3), "a");
  EXPECT_EQ(found(history, 3), "out_of_range: version index 3 is out of range: 0 to 2, or -3 to -1");
  EXPECT_EQ(found(history, -4), "out_of_range: version index -4 is out of range: 0 to 2, or -3 to -1");
  EXPECT_EQ(found(history, INT64_MIN).substr(0, 12), "out_of_range");
  EXPECT_EQ(found({}, 0), "out_of_range: No versions available");
  EXPECT_EQ(found({deletion("d", 1, true)}, -1), "out_of_range: No versions available");
}

TEST(VersionHistory, a_moment_finds_the_newest_that_was_there) {
  const std::vector<Version> history = {content("a", 10, "x"), content("b", 20, "y"), content("c", 20, "z", true)};
  EXPECT_EQ(found(history, VersionSelector::as_of(15 * kSecond)), "a");
  EXPECT_EQ(found(history, VersionSelector::as_of(20 * kSecond)), "c");
  EXPECT_EQ(found(history, VersionSelector::as_of(99 * kSecond)), "c");
  EXPECT_EQ(found(history, VersionSelector::as_of(9 * kSecond)),
            "not_found: No version found before 1970-01-01T00:00:09Z");
}

TEST(VersionHistory, after_a_deletion_a_moment_finds_nothing) {
  const std::vector<Version> history = {content("a", 10, "x"), deletion("d", 20), content("b", 30, "y", true)};
  EXPECT_EQ(found(history, VersionSelector::as_of(19 * kSecond)), "a");
  EXPECT_EQ(found(history, VersionSelector::as_of(25 * kSecond)).substr(0, 9), "not_found");
  EXPECT_EQ(found(history, VersionSelector::as_of(30 * kSecond)), "b");
}

TEST(VersionHistory, deletions_listed_apart_are_placed_by_their_times) {
  // Some servers list all versions, then all deletions.
  const std::vector<Version> history =
      history_of({content("b", 30, "y"), content("a", 10, "x"), deletion("e", 40, true), deletion("d", 20)});
  EXPECT_EQ(found(history, VersionSelector::as_of(15 * kSecond)), "a");
  EXPECT_EQ(found(history, VersionSelector::as_of(25 * kSecond)).substr(0, 9), "not_found");
  EXPECT_EQ(found(history, VersionSelector::as_of(35 * kSecond)), "b");
  EXPECT_EQ(found(history, VersionSelector::as_of(40 * kSecond)).substr(0, 9), "not_found");
}

TEST(VersionHistory, of_a_tie_with_a_deletion_the_current_one_is_later) {
  EXPECT_EQ(found({deletion("d", 10), content("a", 10, "x", true)}, VersionSelector::as_of(10 * kSecond)), "a");
  EXPECT_EQ(found({deletion("d", 10, true), content("a", 10, "x")}, VersionSelector::as_of(10 * kSecond)).substr(0, 9),
            "not_found");
  // An upload in parts has the time of its beginning.
  EXPECT_EQ(found({deletion("d", 20), content("a", 10, "x", true)}, VersionSelector::as_of(30 * kSecond)), "a");
}

TEST(VersionHistory, the_newer_of_equal_neighbours_is_repeated) {
  EXPECT_EQ(repeated_versions({content("1", 1, "a"), content("2", 2, "a"), content("3", 3, "b"), content("4", 4, "b"),
                               content("5", 5, "a", true)}),
            (Places{1, 3}));
  EXPECT_EQ(repeated_versions({content("1", 1, "a"), content("2", 1, "a"), content("3", 1, "a", true)}),
            (Places{1, 2}));
  EXPECT_EQ(repeated_versions({}), Places());
  EXPECT_EQ(repeated_versions({content("1", 1, "a", true)}), Places());
}

TEST(VersionHistory, what_has_no_etag_or_another_size_repeats_nothing) {
  EXPECT_EQ(repeated_versions({content("1", 1, ""), content("2", 2, "", true)}), Places());
  Version longer = content("2", 2, "a", true);
  longer.size = 2;
  EXPECT_EQ(repeated_versions({content("1", 1, "a"), longer}), Places());
}

TEST(VersionHistory, a_version_after_a_deletion_repeats_nothing) {
  EXPECT_EQ(repeated_versions({content("1", 1, "a"), deletion("d", 2), content("2", 3, "a", true)}), Places());
  EXPECT_EQ(repeated_versions({content("1", 1, "a"), content("2", 2, "a"), deletion("d", 3, true)}), (Places{1}));
  EXPECT_EQ(repeated_versions({deletion("d", 1), content("1", 2, "a"), content("2", 3, "a", true)}), (Places{2}));
}

TEST(VersionHistory, where_a_deletion_may_lie_between_nothing_is_repeated) {
  // Listed apart: its time is the same, or lies between.
  EXPECT_EQ(repeated_versions({deletion("d", 1), content("1", 1, "a"), content("2", 1, "a", true)}), Places());
  EXPECT_EQ(repeated_versions({deletion("d", 2), content("1", 1, "a"), content("2", 3, "a", true)}), Places());
  // After the current version there can be none: the places mean nothing.
  EXPECT_EQ(repeated_versions({content("1", 1, "a"), content("2", 2, "a", true), deletion("d", 9)}), Places());
}

TEST(VersionHistory, a_current_version_that_others_may_replace_under_its_id_stays) {
  EXPECT_EQ(repeated_versions({content("1", 1, "a"), content("null", 2, "a", true)}), Places());
  EXPECT_EQ(repeated_versions({content("null", 1, "a"), content("1", 2, "a", true)}), (Places{1}));
}

TEST(VersionSelector, tells_its_kinds_apart) {
  EXPECT_TRUE(VersionSelector().current());
  EXPECT_TRUE(VersionSelector("").current());
  EXPECT_EQ(VersionSelector("7").kind(), VersionSelector::Kind::id);
  EXPECT_EQ(VersionSelector(7).kind(), VersionSelector::Kind::index);
  EXPECT_EQ(VersionSelector::as_of(7).kind(), VersionSelector::Kind::moment);
  EXPECT_NE(VersionSelector("7"), VersionSelector(7));
  EXPECT_NE(VersionSelector(7), VersionSelector::as_of(7));
  EXPECT_EQ(VersionSelector(0).to_string(), "0");
  EXPECT_EQ(VersionSelector::as_of(-1).to_string(), "1969-12-31T23:59:59Z");
}

}  // namespace
}  // namespace genro::storage
