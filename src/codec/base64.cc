#include "codec/base64.h"

#include <array>
#include <cstdint>

namespace genro::storage {
namespace {

constexpr char kStandard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kUrlSafe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kInvalid = 0xff;

constexpr std::array<std::uint8_t, 256> reverse(const char* alphabet) {
  std::array<std::uint8_t, 256> table{};
  table.fill(kInvalid);
  for (std::uint8_t i = 0; i < 64; ++i) table[static_cast<unsigned char>(alphabet[i])] = i;
  return table;
}

constexpr auto kFromStandard = reverse(kStandard);
constexpr auto kFromUrlSafe = reverse(kUrlSafe);
constexpr auto kFromEither = [] {
  auto table = kFromStandard;
  table['-'] = 62;
  table['_'] = 63;
  return table;
}();

constexpr const std::array<std::uint8_t, 256>& table_of(Base64Rules rules) noexcept {
  if (rules == Base64Rules::lenient) return kFromEither;
  return rules == Base64Rules::url_safe ? kFromUrlSafe : kFromStandard;
}

constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Counts with a null `out`.
class Decoder {
 public:
  Decoder(std::byte* out, Base64Rules rules) noexcept : out_(out), rules_(rules), table_(table_of(rules)) {}

  template <class OnPause>
  std::optional<std::size_t> run(std::string_view text, const OnPause& pause) {
    if (rules_ == Base64Rules::tolerant) text = trimmed(text);
    while (!text.empty() && !ended_) {
      const std::string_view piece = text.substr(0, kPauseEvery);
      if (!take_all(piece)) return std::nullopt;
      text.remove_prefix(piece.size());
      pause();
    }
    return finish();
  }

 private:
  bool take_all(std::string_view piece) noexcept {
    const char* at = piece.data();
    const char* const end = at + piece.size();
    while (at != end && !ended_) {
      at = whole_groups(at, end);
      if (at != end) {
        if (!take(*at)) return false;
        ++at;
      }
      ended_ = rules_ == Base64Rules::lenient && padding_ != 0 && held_ + padding_ == 4;
    }
    return true;
  }

  // The fast path: groups of four that need no look at rules. Stops at the first character that does.
  const char* whole_groups(const char* at, const char* end) noexcept {
    if (held_ != 0 || padding_ != 0) return at;
    for (; end - at >= 4; at += 4) {
      const std::uint32_t a = code(at[0]);
      const std::uint32_t b = code(at[1]);
      const std::uint32_t c = code(at[2]);
      const std::uint32_t d = code(at[3]);
      if (((a | b | c | d) & 0x80u) != 0) return at;
      emit(a << 18 | b << 12 | c << 6 | d, 3);
    }
    return at;
  }

  bool take(char c) noexcept {
    if (rules_ == Base64Rules::tolerant && (c == ' ' || c == '\n')) return true;
    if (rules_ == Base64Rules::lenient && is_space(c)) return true;
    if (c == '=') {
      ++padding_;
      return padding_ <= 2 && held_ + padding_ <= 4 && held_ >= 2;
    }
    const std::uint32_t value = code(c);
    if (value == kInvalid || padding_ != 0) return false;
    bits_ = bits_ << 6 | value;
    if (++held_ == 4) {
      emit(bits_, 3);
      held_ = 0;
      bits_ = 0;
    }
    return true;
  }

  std::optional<std::size_t> finish() noexcept {
    if (held_ == 1) return std::nullopt;
    const bool padded = held_ == 0 ? padding_ == 0 : held_ + padding_ == 4;
    if (!padded && !(rules_ == Base64Rules::url_safe && padding_ == 0)) return std::nullopt;
    if (held_ != 0) {
      const std::uint32_t unused = held_ == 2 ? bits_ & 0xfu : bits_ & 0x3u;
      const bool exact = rules_ == Base64Rules::strict || rules_ == Base64Rules::url_safe;
      if (unused != 0 && exact) return std::nullopt;
      emit(bits_ << (6 * (4 - held_)), held_ - 1);
    }
    return written_;
  }

  std::uint32_t code(char c) const noexcept { return table_[static_cast<unsigned char>(c)]; }

  void emit(std::uint32_t group, unsigned bytes) noexcept {
    if (out_ != nullptr) {
      for (unsigned i = 0; i < bytes; ++i) out_[written_ + i] = static_cast<std::byte>(group >> (16 - 8 * i));
    }
    written_ += bytes;
  }

  std::byte* out_;
  Base64Rules rules_;
  const std::array<std::uint8_t, 256>& table_;
  std::uint32_t bits_ = 0;
  unsigned held_ = 0;
  unsigned padding_ = 0;
  bool ended_ = false;  // what follows does not count
  std::size_t written_ = 0;
};

constexpr auto kNoPause = []() noexcept {};

}  // namespace

void base64_encode_to(std::span<const std::byte> data, char* out, Base64Alphabet alphabet) noexcept {
  const char* letters = alphabet == Base64Alphabet::standard ? kStandard : kUrlSafe;
  const auto at = [&data](std::size_t i) { return std::to_integer<std::uint32_t>(data[i]); };
  std::size_t i = 0;
  for (; i + 3 <= data.size(); i += 3) {
    const std::uint32_t group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    *out++ = letters[group >> 18];
    *out++ = letters[(group >> 12) & 63];
    *out++ = letters[(group >> 6) & 63];
    *out++ = letters[group & 63];
  }
  const std::size_t left = data.size() - i;
  if (left == 0) return;
  const std::uint32_t group = at(i) << 16 | (left == 2 ? at(i + 1) << 8 : 0);
  *out++ = letters[group >> 18];
  *out++ = letters[(group >> 12) & 63];
  *out++ = left == 2 ? letters[(group >> 6) & 63] : '=';
  *out++ = '=';
}

std::string base64_encode(std::span<const std::byte> data, Base64Alphabet alphabet) {
  std::string text(base64_encoded_size(data.size()), '\0');
  base64_encode_to(data, text.data(), alphabet);
  return text;
}

std::optional<std::size_t> base64_decode_to(std::string_view text, std::byte* out, Base64Rules rules) noexcept {
  return Decoder(out, rules).run(text, kNoPause);
}

std::optional<std::size_t> base64_decode_to(std::string_view text, std::byte* out, Base64Rules rules,
                                            const Pause& pause) {
  return Decoder(out, rules).run(text, pause);
}

std::optional<std::vector<std::byte>> base64_decode(std::string_view text, Base64Rules rules) {
  std::vector<std::byte> bytes(text.size() / 4 * 3 + 3);
  const std::optional<std::size_t> size = base64_decode_to(text, bytes.data(), rules);
  if (!size) return std::nullopt;
  bytes.resize(*size);
  return bytes;
}

std::optional<std::size_t> base64_decoded_size(std::string_view text, Base64Rules rules) noexcept {
  return Decoder(nullptr, rules).run(text, kNoPause);
}

std::optional<std::size_t> base64_decoded_size(std::string_view text, Base64Rules rules, const Pause& pause) {
  return Decoder(nullptr, rules).run(text, pause);
}

}  // namespace genro::storage
