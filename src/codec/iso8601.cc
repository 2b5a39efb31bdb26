#include "codec/iso8601.h"

#include <algorithm>

#include "codec/digits.h"

namespace genro::storage {
namespace {

using namespace std::chrono;

// Takes fixed-width numbers and separators off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  int number(std::size_t digits) {
    const int value = fixed_digits(text_, digits);
    text_.remove_prefix(std::min(digits, text_.size()));
    return value;
  }
  bool skip(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // The digits after the decimal sign, in nanoseconds; further digits are cut off.
  std::int64_t fraction() {
    std::int64_t value = 0;
    int digits = 0;
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      if (digits < 9) value = value * 10 + (text_.front() - '0');
      ++digits;
      text_.remove_prefix(1);
    }
    if (digits == 0) return -1;
    for (; digits < 9; ++digits) value *= 10;
    return value;
  }
  bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
};

// Seconds east of Greenwich; nothing when what is left is no zone.
std::optional<int> zone(Cursor& cursor) {
  if (cursor.at_end()) return 0;
  if (cursor.skip('Z') || cursor.skip('z')) return cursor.at_end() ? std::optional(0) : std::nullopt;
  const bool west = cursor.skip('-');
  if (!west && !cursor.skip('+')) return std::nullopt;
  const int hour = cursor.number(2);
  cursor.skip(':');
  const int minute = cursor.number(2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || !cursor.at_end()) return std::nullopt;
  return (west ? -60 : 60) * (hour * 60 + minute);
}

}  // namespace

std::optional<std::int64_t> parse_iso8601(std::string_view text) {
  Cursor cursor(text);
  const int year = cursor.number(4);
  const bool extended = cursor.skip('-');
  const int month = cursor.number(2);
  if (extended && !cursor.skip('-')) return std::nullopt;
  const int day = cursor.number(2);
  if (!cursor.skip('T') && !cursor.skip('t') && !cursor.skip(' ')) return std::nullopt;
  const int hour = cursor.number(2);
  if (extended && !cursor.skip(':')) return std::nullopt;
  const int minute = cursor.number(2);
  if (extended && !cursor.skip(':')) return std::nullopt;
  const int second = cursor.number(2);
  const std::int64_t fraction = cursor.skip('.') || cursor.skip(',') ? cursor.fraction() : 0;
  const std::optional<int> east = zone(cursor);
  if (year < 1678 || year > 2261 || month < 1 || day < 1 || fraction < 0 || !east) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
  const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const sys_seconds time =
      sys_days{date} + hours{hour} + minutes{minute} + std::chrono::seconds{second} - std::chrono::seconds{*east};
  return std::int64_t{time.time_since_epoch().count()} * 1'000'000'000 + fraction;
}

std::array<char, 16> format_compact_iso8601(sys_seconds time) noexcept {
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  std::array<char, 16> text;
  const int year = static_cast<int>(date.year());
  put_two_digits(year / 100, text.data());
  put_two_digits(year % 100, text.data() + 2);
  put_two_digits(static_cast<int>(static_cast<unsigned>(date.month())), text.data() + 4);
  put_two_digits(static_cast<int>(static_cast<unsigned>(date.day())), text.data() + 6);
  text[8] = 'T';
  put_two_digits(static_cast<int>(clock.hours().count()), text.data() + 9);
  put_two_digits(static_cast<int>(clock.minutes().count()), text.data() + 11);
  put_two_digits(static_cast<int>(clock.seconds().count()), text.data() + 13);
  text[15] = 'Z';
  return text;
}

std::string format_iso8601(sys_seconds time) {
  const std::array<char, 16> compact = format_compact_iso8601(time);
  const std::string_view digits(compact.data(), compact.size());
  std::string text;
  text.reserve(20);
  text.append(digits, 0, 4).append("-").append(digits, 4, 2).append("-").append(digits, 6, 3);
  text.append(digits, 9, 2).append(":").append(digits, 11, 2).append(":").append(digits, 13, 3);
  return text;
}

}  // namespace genro::storage
