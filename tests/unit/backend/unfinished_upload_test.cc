// Which names are ours, and which only look like it.
#include "backend/unfinished_upload.h"

#include <gtest/gtest.h>

#include "backend/marked_digits.h"
#include "core/env.h"
#include "genro/storage/error.h"

namespace genro::storage {
namespace {

TEST(MarkedDigits, are_known_again_and_no_digit_of_them_can_be_another_one) {
  for (int i = 0; i < 100; ++i) {
    const std::string digits = marked_digits(*Env::system().random);
    ASSERT_EQ(digits.size(), kMarkedDigits);
    EXPECT_TRUE(are_marked_digits(digits));
    for (std::size_t at = 0; at < digits.size(); ++at) {
      std::string other = digits;
      other[at] = other[at] == '0' ? '1' : '0';
      EXPECT_FALSE(are_marked_digits(other)) << other;
    }
  }
  EXPECT_FALSE(are_marked_digits(""));
  EXPECT_FALSE(are_marked_digits(std::string(kMarkedDigits, '0')));
}

TEST(UnfinishedUpload, is_known_by_its_whole_name_and_refused_to_users_in_any_place_of_a_path) {
  const std::string name = unfinished_upload_name(*Env::system().random);
  EXPECT_TRUE(is_unfinished_upload(name));
  EXPECT_FALSE(is_unfinished_upload("x" + name));
  EXPECT_FALSE(is_unfinished_upload(name + "x"));
  EXPECT_FALSE(is_unfinished_upload(".genro-storage-0123456789abcdef.tmp"));
  for (const std::string& path : {name, "a/" + name, name + "/b"}) {
    EXPECT_THROW(refuse_unfinished_upload("write", path), Error) << path;
  }
  refuse_unfinished_upload("write", "a/.genro-storage-0123456789abcdef0123456789abcdef.tmp");
}

TEST(UnfinishedUpload, is_never_old_while_nobody_says_when_it_was_changed) {
  constexpr std::int64_t kNow = 1'000'000'000'000;
  Entry entry;
  EXPECT_FALSE(is_as_old_as(entry, 0, kNow));
  entry.mtime_ns = kNow - 10'000'000'000;
  EXPECT_TRUE(is_as_old_as(entry, 10, kNow));
  EXPECT_FALSE(is_as_old_as(entry, 11, kNow));
}

}  // namespace
}  // namespace genro::storage
