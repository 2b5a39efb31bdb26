// Invariant of every loop below: the accumulators, each moved forward by the distance to the end of what was
// read, add up (xor) to a 128-bit word congruent, modulo P, to the message read so far with the state applied.
// Carry-less products of reflected words come out one bit short, hence the "-1" in the exponents of Step.
// Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009.
#include "codec/crc_fold.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define GENRO_NARROW __attribute__((target("pclmul,sse4.1")))
#define GENRO_WIDE __attribute__((target("avx512f,avx512vl,vpclmulqdq,pclmul,sse4.1")))

namespace genro::storage::crc_fold {
namespace {

GENRO_NARROW inline __m128i multiplier(Step step) {
  return _mm_set_epi64x(static_cast<long long>(step.second), static_cast<long long>(step.first));
}

GENRO_NARROW inline __m128i load(const std::byte* data) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(data));
}

GENRO_NARROW inline __m128i forward(__m128i value, __m128i by) {
  return _mm_xor_si128(_mm_clmulepi64_si128(value, by, 0x00), _mm_clmulepi64_si128(value, by, 0x11));
}

GENRO_NARROW inline void store(std::byte* to, __m128i value) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), value);
}

// Takes 16 bytes at a time from data[done] on; returns the new count of bytes read.
GENRO_NARROW inline std::size_t fold_rest(const Steps& steps, __m128i value, const std::byte* data, std::size_t done,
                                          std::size_t size, std::byte* remainder) {
  const __m128i by_128 = multiplier(steps.by_128);
  for (; size - done >= 16; done += 16) value = _mm_xor_si128(forward(value, by_128), load(data + done));
  store(remainder, value);
  return done;
}

GENRO_NARROW std::size_t fold_narrow(const Steps& steps, std::uint64_t state, const std::byte* data, std::size_t size,
                                     std::byte* remainder) {
  __m128i a = _mm_xor_si128(load(data), _mm_cvtsi64_si128(static_cast<long long>(state)));
  __m128i b = load(data + 16);
  __m128i c = load(data + 32);
  __m128i d = load(data + 48);
  std::size_t done = 64;
  const __m128i by_512 = multiplier(steps.by_512);
  for (; size - done >= 64; done += 64) {
    a = _mm_xor_si128(forward(a, by_512), load(data + done));
    b = _mm_xor_si128(forward(b, by_512), load(data + done + 16));
    c = _mm_xor_si128(forward(c, by_512), load(data + done + 32));
    d = _mm_xor_si128(forward(d, by_512), load(data + done + 48));
  }
  a = forward(a, multiplier(steps.by_384));
  b = forward(b, multiplier(steps.by_256));
  c = forward(c, multiplier(steps.by_128));
  const __m128i value = _mm_xor_si128(_mm_xor_si128(a, b), _mm_xor_si128(c, d));
  return fold_rest(steps, value, data, done, size, remainder);
}

GENRO_WIDE inline __m512i load_wide(const std::byte* data) { return _mm512_loadu_si512(data); }

// forward(value, by) ^ next, in three instructions.
GENRO_WIDE inline __m512i forward_wide(__m512i value, __m512i by, __m512i next) {
  constexpr int kXorOfThree = 0x96;
  return _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(value, by, 0x00), _mm512_clmulepi64_epi128(value, by, 0x11),
                                   next, kXorOfThree);
}

// Set and stored by words: GCC 12 warns of its own "undefined" operands in the broadcast and extract intrinsics.
GENRO_WIDE inline __m512i multiplier_wide(Step step) {
  const auto first = static_cast<long long>(step.first);
  const auto second = static_cast<long long>(step.second);
  return _mm512_set_epi64(second, first, second, first, second, first, second, first);
}

GENRO_WIDE std::size_t fold_wide(const Steps& steps, std::uint64_t state, const std::byte* data, std::size_t size,
                                 std::byte* remainder) {
  const __m512i first = _mm512_set_epi64(0, 0, 0, 0, 0, 0, 0, static_cast<long long>(state));
  __m512i a = _mm512_xor_si512(load_wide(data), first);
  __m512i b = load_wide(data + 64);
  __m512i c = load_wide(data + 128);
  __m512i d = load_wide(data + 192);
  std::size_t done = 256;
  const __m512i by_2048 = multiplier_wide(steps.by_2048);
  for (; size - done >= 256; done += 256) {
    a = forward_wide(a, by_2048, load_wide(data + done));
    b = forward_wide(b, by_2048, load_wide(data + done + 64));
    c = forward_wide(c, by_2048, load_wide(data + done + 128));
    d = forward_wide(d, by_2048, load_wide(data + done + 192));
  }
  d = forward_wide(c, multiplier_wide(steps.by_512), d);
  d = forward_wide(b, multiplier_wide(steps.by_1024), d);
  d = forward_wide(a, multiplier_wide(steps.by_1536), d);
  const __m512i by_512 = multiplier_wide(steps.by_512);
  for (; size - done >= 64; done += 64) d = forward_wide(d, by_512, load_wide(data + done));

  std::byte lanes[64];
  _mm512_storeu_si512(lanes, d);
  __m128i value = load(lanes + 48);
  value = _mm_xor_si128(value, forward(load(lanes + 32), multiplier(steps.by_128)));
  value = _mm_xor_si128(value, forward(load(lanes + 16), multiplier(steps.by_256)));
  value = _mm_xor_si128(value, forward(load(lanes), multiplier(steps.by_384)));
  return fold_rest(steps, value, data, done, size, remainder);
}

}  // namespace

Kernel narrow_kernel() noexcept {
  return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1") ? &fold_narrow : nullptr;
}

Kernel wide_kernel() noexcept {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("vpclmulqdq")
             ? &fold_wide
             : nullptr;
}

}  // namespace genro::storage::crc_fold

#else

namespace genro::storage::crc_fold {
Kernel narrow_kernel() noexcept { return nullptr; }
Kernel wide_kernel() noexcept { return nullptr; }
}  // namespace genro::storage::crc_fold

#endif
