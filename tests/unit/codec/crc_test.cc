#include "codec/crc.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "codec/crc_fold.h"
#include "codec/crc_math.h"

namespace genro::storage {
namespace {

template <class Word, Word kPolynomial>
struct Bitwise {  // the definition, one bit at a time
  static Word of(std::span<const std::byte> data) {
    Word state = static_cast<Word>(~Word{0});
    for (const std::byte byte : data) {
      state = static_cast<Word>(state ^ std::to_integer<Word>(byte));
      for (int bit = 0; bit < 8; ++bit) state = crc_math::times_x<Word, kPolynomial>(state);
    }
    return static_cast<Word>(~state);
  }
};

template <class T>
struct Definition;
template <class Word, Word kPolynomial>
struct Definition<Crc<Word, kPolynomial>> : Bitwise<Word, kPolynomial> {};

template <class T>
class CrcTest : public testing::Test {};
using AllCrcs = testing::Types<Crc64Nvme, Crc32c, Crc32>;
TYPED_TEST_SUITE(CrcTest, AllCrcs);

std::vector<std::byte> random_bytes(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size) + 1);
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

TEST(Crc, gives_the_check_values_of_the_catalogue) {
  EXPECT_EQ(Crc64Nvme::of("123456789"), 0xae8b14860a799888u);
  EXPECT_EQ(Crc32c::of("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32::of("123456789"), 0xcbf43926u);
  EXPECT_EQ(Crc64Nvme::of(std::string(4096, '\0')), 0x6482d367eb22b64eu);  // NVM Command Set 1.0d, 5.2.1.3.5
  EXPECT_EQ(Crc64Nvme::of(std::string(4096, '\xff')), 0xc0ddba7302eca3acu);
  EXPECT_EQ(Crc32c::of(std::string(32, '\0')), 0x8a9136aau);  // RFC 3720 B.4
  EXPECT_EQ(Crc32c::of(std::string(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc, azure_has_the_same_one_under_its_own_name) {  // the SDKs' check values of x-ms-content-crc64
  EXPECT_EQ(Crc64Nvme::of("Hello World!"), 208604604655264165u);
  EXPECT_EQ(Crc64Nvme::of("123456789!@#$%^&*()"), 2153758901452455624u);
}

TEST(Crc, bytes_are_big_endian) {
  Crc32 crc;
  crc.update("123456789");
  const std::array<std::byte, 4> expected = {std::byte{0xcb}, std::byte{0xf4}, std::byte{0x39}, std::byte{0x26}};
  EXPECT_EQ(crc.bytes(), expected);
}

TYPED_TEST(CrcTest, every_length_and_alignment_agrees_with_the_definition) {
  const std::vector<std::byte> data = random_bytes(3000);
  for (std::size_t size = 0; size < 700; ++size) {
    const std::span<const std::byte> part = std::span(data).subspan(size % 17, size);
    ASSERT_EQ(TypeParam::of(part), Definition<TypeParam>::of(part)) << size;
  }
  for (const std::size_t size : {1023, 1024, 1025, 1279, 1280, 1344, 1500, 2047, 2048, 2900, 2999}) {
    const std::span<const std::byte> part = std::span(data).first(static_cast<std::size_t>(size));
    ASSERT_EQ(TypeParam::of(part), Definition<TypeParam>::of(part)) << size;
  }
}

TYPED_TEST(CrcTest, pieces_of_any_size_agree_with_one_run) {
  const std::vector<std::byte> data = random_bytes(20'000);
  const auto whole = TypeParam::of(data);
  for (const std::size_t step : {1, 7, 63, 64, 65, 1000, 1024, 4097}) {
    TypeParam crc;
    for (std::size_t at = 0; at < data.size(); at += step) {
      crc.update(std::span(data).subspan(at, std::min(step, data.size() - at)));
    }
    EXPECT_EQ(crc.value(), whole) << step;
  }
}

TYPED_TEST(CrcTest, combining_two_parts_gives_the_crc_of_the_whole) {
  const std::vector<std::byte> data = random_bytes(5000);
  const std::span<const std::byte> all(data);
  for (const std::size_t cut : {0, 1, 8, 63, 64, 2500, 4999, 5000}) {
    EXPECT_EQ(TypeParam::combine(TypeParam::of(all.first(cut)), TypeParam::of(all.subspan(cut)), data.size() - cut),
              TypeParam::of(data))
        << cut;
  }
}

TYPED_TEST(CrcTest, a_flipped_bit_changes_the_value) {
  std::vector<std::byte> data = random_bytes(4096);
  const auto before = TypeParam::of(data);
  for (const std::size_t at : {0, 15, 16, 1023, 1024, 2048, 4095}) {
    data[at] ^= std::byte{0x10};
    EXPECT_NE(TypeParam::of(data), before) << at;
    data[at] ^= std::byte{0x10};
  }
}

// Both kernels against the definition, whatever the dispatcher would choose on this machine.
TEST(CrcFold, every_kernel_of_this_machine_leaves_a_congruent_remainder) {
  using Definition64 = Bitwise<std::uint64_t, 0x9A6C9329AC4BC9B5u>;
  const auto step = [](std::uint64_t distance) {
    return crc_fold::Step{crc_math::power_of_x<std::uint64_t, 0x9A6C9329AC4BC9B5u>(distance + 63),
                          crc_math::power_of_x<std::uint64_t, 0x9A6C9329AC4BC9B5u>(distance - 1)};
  };
  const crc_fold::Steps steps = {step(128), step(256), step(384), step(512), step(1024), step(1536), step(2048)};
  const std::vector<std::byte> data = random_bytes(2000);
  int kernels = 0;
  for (const crc_fold::Kernel kernel : {crc_fold::narrow_kernel(), crc_fold::wide_kernel()}) {
    if (kernel == nullptr) continue;
    ++kernels;
    for (std::size_t size = 256; size < 1200; ++size) {
      std::byte remainder[16];
      const std::size_t done = kernel(steps, ~std::uint64_t{0}, data.data(), size, remainder);
      ASSERT_EQ(done % 16, 0u);
      ASSERT_LT(size - done, 16u);
      std::uint64_t state = 0;  // the definition started from zero over the remainder, without inversions
      for (const std::byte byte : remainder) {
        state ^= std::to_integer<std::uint64_t>(byte);
        for (int bit = 0; bit < 8; ++bit) state = crc_math::times_x<std::uint64_t, 0x9A6C9329AC4BC9B5u>(state);
      }
      ASSERT_EQ(~state, Definition64::of(std::span(data).first(done))) << size;
    }
  }
  if (kernels == 0) GTEST_SKIP() << "this CPU has no carry-less multiplication";
}

}  // namespace
}  // namespace genro::storage
