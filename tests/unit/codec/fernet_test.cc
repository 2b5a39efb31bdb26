#include "codec/fernet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace genro::storage {
namespace {

constexpr std::string_view kSpecKey = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
constexpr std::string_view kSpecToken =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
constexpr std::uint64_t kSpecTime = 499162800;  // 1985-10-26T01:20:00-07:00

FernetKey key_of(std::string_view text) {
  std::optional<FernetKey> key = FernetKey::parse(text);
  if (!key) throw std::invalid_argument("not a key");
  return std::move(*key);
}

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string sealed(const FernetKey& key, std::string_view plain) {
  std::string token(fernet_token_size(plain.size()), '\0');
  key.encrypt(bytes(plain), 1'700'000'000, token.data());
  return token;
}

std::optional<std::string> opened(const FernetKey& key, std::string_view token) {
  std::vector<std::byte> raw(token.size() / 4 * 3 + 3);
  const std::optional<std::size_t> size = fernet_decode(token, raw.data());
  if (!size || !key.signed_by({raw.data(), *size})) return std::nullopt;
  const std::optional<std::size_t> plain = key.open({raw.data(), *size});
  if (!plain) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(raw.data()), *plain);
}

TEST(Fernet, makes_the_token_of_the_specification) {
  FernetKey::Iv iv;
  for (std::size_t i = 0; i < iv.size(); ++i) iv[i] = static_cast<std::byte>(i);
  std::string token(fernet_token_size(5), '\0');
  key_of(kSpecKey).encrypt(bytes("hello"), kSpecTime, iv, token.data());
  EXPECT_EQ(token, kSpecToken);
}

TEST(Fernet, opens_the_token_of_the_specification) { EXPECT_EQ(opened(key_of(kSpecKey), kSpecToken), "hello"); }

TEST(Fernet, refuses_what_the_specification_calls_invalid) {
  const FernetKey key = key_of(kSpecKey);
  for (const std::string_view token : {
           // incorrect mac
           "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
           // too short
           "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==",
           // invalid base64
           "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
           // payload size not multiple of block size
           "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
           // payload padding error
           "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
           // incorrect IV (causes padding error)
           "gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==",
       }) {
    EXPECT_EQ(opened(key, token), std::nullopt) << token;
  }
}

TEST(Fernet, what_was_sealed_opens_again_whatever_its_size) {
  const FernetKey key = key_of(kSpecKey);
  constexpr std::size_t kPiece = 16384;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{17}, std::size_t{31},
        std::size_t{1000}, kPiece - 1, kPiece, kPiece + 1, 3 * kPiece, 3 * kPiece + 5, std::size_t{1'000'003}}) {
    std::string plain(size, '\0');
    for (std::size_t i = 0; i < size; ++i) plain[i] = static_cast<char>(i * 7 + i / 251);
    const std::string token = sealed(key, plain);
    EXPECT_TRUE(token.starts_with("gAAAAA"));
    EXPECT_EQ(opened(key, token), plain) << size;
  }
}

TEST(Fernet, token_sizes_follow_the_format) {
  EXPECT_EQ(fernet_token_size(0), 100U);
  EXPECT_EQ(fernet_token_size(15), 100U);
  EXPECT_EQ(fernet_token_size(16), 120U);
  EXPECT_EQ(fernet_token_size(1000), 1420U);
}

TEST(Fernet, the_same_plaintext_gives_another_token_each_time) {
  const FernetKey key = key_of(kSpecKey);
  EXPECT_NE(sealed(key, "x"), sealed(key, "x"));
}

TEST(Fernet, no_altered_bit_goes_unnoticed) {
  const FernetKey key = key_of(kSpecKey);
  const std::string token = sealed(key, "attack at dawn");
  std::vector<std::byte> raw(token.size() / 4 * 3 + 3);
  const std::size_t size = fernet_decode(token, raw.data()).value();
  ASSERT_TRUE(key.signed_by({raw.data(), size}));
  for (std::size_t bit = 0; bit < size * 8; ++bit) {
    raw[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    EXPECT_FALSE(key.signed_by({raw.data(), size})) << bit;
    raw[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
  }
  EXPECT_FALSE(key.signed_by({raw.data(), size - 16}));
  EXPECT_FALSE(key.signed_by({}));
}

TEST(Fernet, what_a_pause_throws_ends_long_work) {
  const FernetKey key = key_of(kSpecKey);
  const std::string plain(3 * kPauseEvery, 'x');
  std::string token(fernet_token_size(plain.size()), '\0');
  int pauses = 0;
  const auto third = [&pauses] {
    if (++pauses == 3) throw std::runtime_error("enough");
  };
  EXPECT_THROW(key.encrypt(bytes(plain), kSpecTime, token.data(), third), std::runtime_error);
  key.encrypt(bytes(plain), kSpecTime, token.data());
  std::vector<std::byte> raw(token.size() / 4 * 3 + 3);
  EXPECT_THROW((pauses = 0, fernet_decode(token, raw.data(), third)), std::runtime_error);
  const std::size_t size = fernet_decode(token, raw.data()).value();
  EXPECT_THROW((pauses = 0, key.signed_by({raw.data(), size}, third)), std::runtime_error);
  EXPECT_THROW((pauses = 0, key.open({raw.data(), size}, third)), std::runtime_error);
}

TEST(Fernet, another_key_opens_nothing) {
  const std::string token = sealed(key_of(kSpecKey), "secret");
  EXPECT_EQ(opened(key_of("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), token), std::nullopt);
}

TEST(Fernet, white_space_either_alphabet_and_a_tail_make_no_difference) {
  const FernetKey key = key_of(kSpecKey);
  const std::string token(kSpecToken);
  std::string spaced;
  for (std::size_t i = 0; i < token.size(); ++i) {
    spaced += token[i];
    if (i % 7 == 0) spaced += " \t\r\n\v\f"[i % 6];
  }
  EXPECT_EQ(opened(key, spaced), "hello");
  std::string standard = token;
  for (char& c : standard) c = c == '-' ? '+' : c == '_' ? '/' : c;
  EXPECT_EQ(opened(key, standard), "hello");
  EXPECT_EQ(opened(key, token + "\n"), "hello");
  EXPECT_EQ(opened(key, token + "appended \xff bytes"), "hello");
  EXPECT_EQ(opened(key, token.substr(0, token.size() - 1)), std::nullopt);
  EXPECT_EQ(opened(key, "=" + token), std::nullopt);
  EXPECT_EQ(opened(key, "!" + token), std::nullopt);
}

TEST(Fernet, a_key_is_32_bytes_in_padded_base64_of_either_alphabet) {
  EXPECT_TRUE(FernetKey::parse("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="));
  EXPECT_TRUE(FernetKey::parse("cw/0x689RpI+jtRR7oE8h/eQsKImvJapLeSbXpwF4e4="));
  for (const std::string_view text :
       {"", "short", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4==",
        "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e==", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4A",
        "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4!4=", "cw_0x689RpI-jtRR7oE8h eQsKImvJapLeSbXpwF4e4="}) {
    EXPECT_FALSE(FernetKey::parse(text)) << text;
  }
}

TEST(Fernet, a_key_that_goes_leaves_nothing_in_its_memory) {
  std::vector<std::byte> raw(48);
  base64_decode_to(kSpecKey, raw.data(), Base64Rules::lenient);
  alignas(FernetKey) std::array<std::byte, sizeof(FernetKey)> memory;
  const auto holds_key = [&] {
    return std::search(memory.begin(), memory.end(), raw.begin() + 16, raw.begin() + 32) != memory.end();
  };
  auto* key = new (memory.data()) FernetKey(key_of(kSpecKey));
  EXPECT_TRUE(holds_key());
  key->~FernetKey();
  EXPECT_FALSE(holds_key());
}

}  // namespace
}  // namespace genro::storage
