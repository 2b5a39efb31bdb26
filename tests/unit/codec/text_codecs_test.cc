#include <gtest/gtest.h>

#include <random>
#include <stdexcept>
#include <string>

#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/percent.h"
#include "codec/xml_text.h"

namespace genro::storage {
namespace {

std::string decoded(std::string_view text, Base64Rules rules) {
  const auto bytes = base64_decode(text, rules);
  if (!bytes) return "<invalid>";
  return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

constexpr std::pair<const char*, const char*> kRfc4648[] = {{"", ""},
                                                            {"f", "Zg=="},
                                                            {"fo", "Zm8="},
                                                            {"foo", "Zm9v"},
                                                            {"foob", "Zm9vYg=="},
                                                            {"fooba", "Zm9vYmE="},
                                                            {"foobar", "Zm9vYmFy"}};

TEST(Base64, gives_the_values_of_rfc_4648_under_every_rule) {
  for (const auto& [plain, text] : kRfc4648) {
    EXPECT_EQ(base64_encode(plain), text);
    for (const Base64Rules rules : {Base64Rules::strict, Base64Rules::tolerant, Base64Rules::url_safe}) {
      EXPECT_EQ(decoded(text, rules), plain);
    }
  }
}

TEST(Base64, every_length_comes_back_in_both_alphabets) {
  std::mt19937 random(7);
  for (std::size_t size = 0; size < 200; ++size) {
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    const std::string standard = base64_encode(bytes);
    const std::string url_safe = base64_encode(bytes, Base64Alphabet::url_safe);
    EXPECT_EQ(base64_decode(standard), bytes);
    EXPECT_EQ(base64_decode(url_safe, Base64Rules::url_safe), bytes);
    EXPECT_EQ(base64_decoded_size(standard, Base64Rules::strict), size);
    EXPECT_EQ(url_safe.find_first_of("+/"), std::string::npos);
  }
}

TEST(Base64, long_texts_come_back_with_a_pause_after_each_piece) {
  std::mt19937 random(11);
  std::vector<std::byte> bytes(3 * kPauseEvery / 2 + 1);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  std::string text = base64_encode(bytes);
  for (std::size_t at = 77; at < text.size(); at += 78) text.insert(at, 1, '\n');  // pieces end inside of groups
  std::vector<std::byte> out(text.size() / 4 * 3 + 3);
  std::size_t pauses = 0;
  const auto count = [&pauses] { ++pauses; };
  EXPECT_EQ(base64_decode_to(text, out.data(), Base64Rules::tolerant, count), bytes.size());
  out.resize(bytes.size());
  EXPECT_EQ(out, bytes);
  EXPECT_EQ(pauses, (text.size() - 1) / kPauseEvery + 1);
  EXPECT_EQ(base64_decoded_size(text, Base64Rules::lenient, count), bytes.size());
  const auto end = [] { throw std::runtime_error("enough"); };
  EXPECT_THROW(base64_decoded_size(text, Base64Rules::tolerant, end), std::runtime_error);
}

TEST(Base64, strict_refuses_everything_but_canonical_text) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Z", "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm9v====", "====", "=",
                           "Zh==", "Zm9=", "Zm-_", "Zm9v!", "Z=g=", "Zm8=a"}) {
    EXPECT_EQ(decoded(text, Base64Rules::strict), "<invalid>") << text;
  }
}

TEST(Base64, tolerant_ignores_blanks_and_line_feeds_and_surrounding_white_space_only) {
  EXPECT_EQ(decoded(" \r\n\tZm9v\nYm Fy\v\f\r\n", Base64Rules::tolerant), "foobar");
  EXPECT_EQ(decoded("Z m\n8 =", Base64Rules::tolerant), "fo");
  EXPECT_EQ(decoded("Zg=\n=", Base64Rules::tolerant), "f");
  EXPECT_EQ(decoded("Zh==", Base64Rules::tolerant), "f");  // unused bits are not looked at
  for (const char* text : {"Zm9v\rYmFy", "Zm9v\tYmFy", "Zm-_", "Zg", "Zg=", "Zg==Zg==", "Z", "%"}) {
    EXPECT_EQ(decoded(text, Base64Rules::tolerant), "<invalid>") << text;
  }
  EXPECT_EQ(decoded("  \n ", Base64Rules::tolerant), "");
}

TEST(Base64, url_safe_takes_padding_or_none) {
  EXPECT_EQ(decoded("-_8", Base64Rules::url_safe), "\xfb\xff");
  EXPECT_EQ(decoded("-_8=", Base64Rules::url_safe), "\xfb\xff");
  EXPECT_EQ(decoded("+/8=", Base64Rules::url_safe), "<invalid>");
  EXPECT_EQ(decoded("Zg=", Base64Rules::url_safe), "<invalid>");
}

TEST(Hex, goes_there_and_back_and_refuses_what_is_none) {
  const auto bytes = hex_decode("00ffA5");
  ASSERT_TRUE(bytes);
  EXPECT_EQ(hex_encode(*bytes), "00ffa5");
  EXPECT_FALSE(hex_decode("0"));
  EXPECT_FALSE(hex_decode("0g"));
  EXPECT_TRUE(hex_decode("")->empty());
}

TEST(Percent, keeps_the_unreserved_set_and_writes_capital_digits) {
  EXPECT_EQ(percent_encode("azAZ09-._~", PercentSet::component), "azAZ09-._~");
  EXPECT_EQ(percent_encode("a b/c+d$é%", PercentSet::component), "a%20b%2Fc%2Bd%24%C3%A9%25");
  EXPECT_EQ(percent_encode("a b/c", PercentSet::path), "a%20b/c");
  EXPECT_EQ(percent_encode(std::string_view("\0\xff\n", 3), PercentSet::path), "%00%FF%0A");
}

TEST(Percent, decoding_undoes_every_octet_and_refuses_broken_escapes) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(percent_decode(percent_encode(all, PercentSet::component)), all);
  EXPECT_EQ(form_decode(percent_encode(all, PercentSet::path)), all);
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(form_decode("a+b%2Bc"), "a b+c");
  for (const char* text : {"%", "%4", "a%4", "%zz", "%4g"}) EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(XmlText, escaping_and_unescaping_are_inverse) {
  const std::string text = "<a> & \"b\" 'c'\r\n\té";
  std::string escaped;
  xml_escape_to(text, escaped);
  EXPECT_EQ(escaped, "&lt;a&gt; &amp; &quot;b&quot; &apos;c&apos;&#13;&#10;&#9;é");
  EXPECT_EQ(xml_unescape(escaped), text);
}

TEST(XmlText, numeric_references_become_utf8_and_malformed_ones_stay) {
  EXPECT_EQ(xml_unescape("&#233;&#x20AC;&#x1F600;"), "é€😀");
  EXPECT_EQ(xml_unescape("&#x110000;&#xD800;&#;&#x;&bad;&amp"), "&#x110000;&#xD800;&#;&#x;&bad;&amp");
  EXPECT_EQ(xml_unescape("&&amp;&"), "&&&");
}

}  // namespace
}  // namespace genro::storage
