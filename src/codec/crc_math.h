// Arithmetic of reflected CRC polynomials, at compile time where it can be: tables, x^n mod P, products mod P.
// Used by crc.cc and its tests only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace genro::storage::crc_math {

// In a reflected word of width w the bit w-1-i is the coefficient of x^i; so the top bit is x^0 = 1.
template <class Word>
inline constexpr Word kOne = static_cast<Word>(Word{1} << (sizeof(Word) * 8 - 1));

template <class Word, Word kPolynomial>
constexpr Word times_x(Word a) {
  return static_cast<Word>((a >> 1) ^ ((a & 1) != 0 ? kPolynomial : Word{0}));
}

// a * b mod P.
template <class Word, Word kPolynomial>
constexpr Word multiply(Word a, Word b) {
  Word product = 0;
  for (Word bit = kOne<Word>; bit != 0; bit = static_cast<Word>(bit >> 1)) {
    if ((a & bit) != 0) product = static_cast<Word>(product ^ b);
    b = times_x<Word, kPolynomial>(b);
  }
  return product;
}

// x^exponent mod P.
template <class Word, Word kPolynomial>
constexpr Word power_of_x(std::uint64_t exponent) {
  Word result = kOne<Word>;
  Word base = times_x<Word, kPolynomial>(kOne<Word>);
  for (; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = multiply<Word, kPolynomial>(result, base);
    base = multiply<Word, kPolynomial>(base, base);
  }
  return result;
}

// Slicing by eight: table[k][b] is the effect of byte b followed by k zero bytes.
template <class Word>
using Tables = std::array<std::array<Word, 256>, 8>;

template <class Word, Word kPolynomial>
constexpr Tables<Word> make_tables() {
  Tables<Word> tables{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    Word word = static_cast<Word>(byte);
    for (int bit = 0; bit < 8; ++bit) word = times_x<Word, kPolynomial>(word);
    tables[0][byte] = word;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const Word before = tables[k - 1][byte];
      tables[k][byte] = static_cast<Word>((before >> 8) ^ tables[0][before & 0xff]);
    }
  }
  return tables;
}

}  // namespace genro::storage::crc_math
