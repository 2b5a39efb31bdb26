#include "node/transfer/spellings.h"

#include <gtest/gtest.h>

namespace genro::storage {
namespace {

NameDoubts doubts_of(const std::vector<std::string>& names) {
  std::vector<Entry> entries(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) entries[i].path = "folder/" + names[i];
  return NameDoubts(entries);
}

TEST(NameDoubts, ordinary_names_are_told_apart_by_every_file_system) {
  EXPECT_TRUE(doubts_of({}).none());
  EXPECT_TRUE(doubts_of({"a", "b", "ab", "a.txt", "b.txt", "a-1", "a_1"}).none());
  EXPECT_TRUE(doubts_of({"1\u00e9", "2\u00e9", "3e"}).none());
}

TEST(NameDoubts, capitals_and_small_letters_can_be_one_name) {
  const NameDoubts doubts = doubts_of({"Readme", "other", "README", "[x]", "{x}"});
  EXPECT_TRUE(doubts.contain("Readme"));
  EXPECT_TRUE(doubts.contain("README"));
  EXPECT_FALSE(doubts.contain("other"));
  EXPECT_FALSE(doubts.contain("[x]"));
  EXPECT_FALSE(doubts.contain("{x}"));
}

TEST(NameDoubts, all_forms_that_unicode_has_for_a_name_can_be_one) {
  const std::vector<std::pair<std::string, std::string>> forms = {
      {"caf\u00e9 1", "cafe\u0301 1"},     // composed and decomposed
      {"\u00dcber", "\u00fcBER"},          // capitals beyond ASCII
      {"\u212a 5", "k 5"},                 // the Kelvin sign
      {"stra\u00dfe", "STRASSE"},          // one letter and two
      {"\ufb01n", "fin"},                  // a ligature
      {"soft\u00adhyphen", "softhyphen"},  // what some file systems ignore
      {"a\u037e", "a;"},                   // a question mark that looks so, too
      {"a\u2260b", "a=\u0338b"},
      {"\uac00", "\u1100\u1161"},  // a syllable and its letters
  };
  for (const auto& [one, other] : forms) {
    EXPECT_TRUE(doubts_of({one, "else-9", other}).contain(one)) << one;
    EXPECT_TRUE(doubts_of({one, "else-9", other}).contain(other)) << other;
    EXPECT_FALSE(doubts_of({one, "else-9", other}).contain("else-9"));
    EXPECT_TRUE(NameDoubts::may_be_one(one, other));
    EXPECT_TRUE(doubts_of({one, "else-9"}).none()) << one;
  }
}

TEST(NameDoubts, two_names_of_plain_letters_are_compared_by_them_whatever_else_there_is) {
  EXPECT_TRUE(NameDoubts::may_be_one("abc", "ABC"));
  EXPECT_FALSE(NameDoubts::may_be_one("abc", "xyz"));
}

}  // namespace
}  // namespace genro::storage
