#include "codec/encoded_word.h"

#include <gtest/gtest.h>

#include <string>

namespace genro::storage {
namespace {

TEST(EncodedWord, plain_text_is_left_alone) {
  for (const char* text : {"", "plain", "two words", "a=b?c", "~!\"#"}) EXPECT_EQ(encode_word(text), text);
}

TEST(EncodedWord, any_octets_come_back) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  for (const std::string& text :
       {all, std::string("é☕"), std::string(" edges "), std::string("two  blanks"), std::string("line\r\nbreak"),
        std::string("=?UTF-8?B?QQ==?="), std::string("a =? b")}) {
    const std::string encoded = encode_word(text);
    EXPECT_EQ(encoded.find_first_of("\r\n\t"), std::string::npos);
    EXPECT_EQ(decode_words(encoded), text);
  }
}

TEST(EncodedWord, reads_the_forms_that_servers_write) {
  EXPECT_EQ(decode_words("=?UTF-8?Q?caf=C3=A9_bar?="), "café bar");
  EXPECT_EQ(decode_words("=?utf-8?b?w6k=?= =?UTF-8?B?w6k=?= x"), "éé x");
  EXPECT_EQ(decode_words("a =?UTF-8?B?w6k=?="), "a é");
}

TEST(EncodedWord, leaves_alone_what_only_looks_like_one) {
  for (const char* text : {"=?", "=?UTF-8", "=?UTF-8?B?w6k=", "=?KOI8-R?B?w6k=?=", "=?UTF-8?X?w6k=?=",
                           "=?UTF-8?Q?=G1?=", "=?UTF-8?B?***?=", "x =? y"}) {
    EXPECT_EQ(decode_words(text), text);
  }
}

}  // namespace
}  // namespace genro::storage
