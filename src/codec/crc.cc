#include "codec/crc.h"

#include <bit>
#include <cstring>

#include "codec/crc_fold.h"
#include "codec/crc_math.h"

namespace genro::storage {
namespace {

template <class Word, Word kPolynomial>
constexpr auto kTables = crc_math::make_tables<Word, kPolynomial>();

template <class Word, Word kPolynomial>
constexpr crc_fold::Step fold_step(std::uint64_t distance) {
  constexpr unsigned kShift = 64 - sizeof(Word) * 8;
  return {static_cast<std::uint64_t>(crc_math::power_of_x<Word, kPolynomial>(distance + 63)) << kShift,
          static_cast<std::uint64_t>(crc_math::power_of_x<Word, kPolynomial>(distance - 1)) << kShift};
}

template <class Word, Word kPolynomial>
constexpr crc_fold::Steps kSteps = {fold_step<Word, kPolynomial>(128),  fold_step<Word, kPolynomial>(256),
                                    fold_step<Word, kPolynomial>(384),  fold_step<Word, kPolynomial>(512),
                                    fold_step<Word, kPolynomial>(1024), fold_step<Word, kPolynomial>(1536),
                                    fold_step<Word, kPolynomial>(2048)};

inline std::uint64_t little_endian_word(const std::byte* data) {
  std::uint64_t word;
  std::memcpy(&word, data, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

template <class Word, Word kPolynomial>
Word table_update(Word state, const std::byte* data, std::size_t size) {
  const auto& tables = kTables<Word, kPolynomial>;
  for (; size >= 8; data += 8, size -= 8) {
    const std::uint64_t word = little_endian_word(data) ^ state;
    state = 0;
    for (unsigned k = 0; k < 8; ++k) state = static_cast<Word>(state ^ tables[7 - k][(word >> (8 * k)) & 0xff]);
  }
  for (; size != 0; ++data, --size) {
    state = static_cast<Word>((std::uint64_t{state} >> 8) ^ tables[0][(state ^ std::to_integer<Word>(*data)) & 0xff]);
  }
  return state;
}

// Of this processor; null where it has none.
const crc_fold::Kernel narrow = crc_fold::narrow_kernel();
const crc_fold::Kernel wide = crc_fold::wide_kernel();

}  // namespace

template <class Word, Word kPolynomial>
void Crc<Word, kPolynomial>::update(std::span<const std::byte> data) noexcept {
  const std::byte* bytes = data.data();
  std::size_t size = data.size();
  const crc_fold::Kernel kernel = wide != nullptr && size >= crc_fold::kWideMinimum ? wide : narrow;
  if (kernel != nullptr && size >= crc_fold::kMinimum) {
    std::byte remainder[16];
    const std::size_t done = kernel(kSteps<Word, kPolynomial>, state_, bytes, size, remainder);
    state_ = table_update<Word, kPolynomial>(0, remainder, sizeof remainder);
    bytes += done;
    size -= done;
  }
  state_ = table_update<Word, kPolynomial>(state_, bytes, size);
}

template <class Word, Word kPolynomial>
Word Crc<Word, kPolynomial>::combine(Word first, Word second, std::uint64_t second_length) noexcept {
  // x^(8n) is taken as (x^8)^n, so that no length overflows the exponent.
  Word power = crc_math::kOne<Word>;
  Word base = crc_math::power_of_x<Word, kPolynomial>(8);
  for (; second_length != 0; second_length >>= 1) {
    if ((second_length & 1) != 0) power = crc_math::multiply<Word, kPolynomial>(power, base);
    base = crc_math::multiply<Word, kPolynomial>(base, base);
  }
  return static_cast<Word>(crc_math::multiply<Word, kPolynomial>(power, first) ^ second);
}

template class Crc<std::uint64_t, 0x9A6C9329AC4BC9B5u>;
template class Crc<std::uint32_t, 0x82F63B78u>;
template class Crc<std::uint32_t, 0xEDB88320u>;

}  // namespace genro::storage
