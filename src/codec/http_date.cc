#include "codec/http_date.h"

#include <chrono>
#include <cstdio>
#include <iterator>
#include <string_view>

#include "codec/digits.h"

namespace genro::storage {
namespace {

using namespace std::chrono;

constexpr char kDays[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr char kMonths[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

unsigned month_number(std::string_view name) noexcept {
  for (unsigned i = 0; i < std::size(kMonths); ++i) {
    if (kMonths[i] == name) return i + 1;
  }
  return 0;
}

// `clock` is "08:49:37". A leap second (60) is accepted, as POSIX time counts it into the next minute.
std::optional<std::int64_t> moment(int year, unsigned month, int day, std::string_view clock) noexcept {
  if (clock.size() != 8 || clock[2] != ':' || clock[5] != ':') return std::nullopt;
  const int hour = two_digits(clock);
  const int minute = two_digits(clock.substr(3));
  const int second = two_digits(clock.substr(6));
  const year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (year < 1678 || year > 2261 || day < 1 || !date.ok()) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
  const sys_seconds time = sys_days{date} + hours{hour} + minutes{minute} + std::chrono::seconds{second};
  return std::int64_t{time.time_since_epoch().count()} * 1'000'000'000;
}

// "06 Nov 1994 08:49:37 GMT"
std::optional<std::int64_t> parse_fixdate(std::string_view text) noexcept {
  if (text.size() != 24 || text[2] != ' ' || text[6] != ' ' || text[11] != ' ' || text.substr(20) != " GMT") {
    return std::nullopt;
  }
  return moment(four_digits(text.substr(7)), month_number(text.substr(3, 3)), two_digits(text), text.substr(12, 8));
}

// "06-Nov-94 08:49:37 GMT". RFC 9110: a year that seems more than 50 years ahead is in the past century; the
// form died before 2000, so a fixed pivot does.
std::optional<std::int64_t> parse_rfc850(std::string_view text) noexcept {
  if (text.size() != 22 || text[2] != '-' || text[6] != '-' || text[9] != ' ' || text.substr(18) != " GMT") {
    return std::nullopt;
  }
  const int short_year = two_digits(text.substr(7));
  if (short_year < 0) return std::nullopt;
  const int year = short_year < 70 ? 2000 + short_year : 1900 + short_year;
  return moment(year, month_number(text.substr(3, 3)), two_digits(text), text.substr(10, 8));
}

// "Nov  6 08:49:37 1994"
std::optional<std::int64_t> parse_asctime(std::string_view text) noexcept {
  if (text.size() != 20 || text[3] != ' ' || text[6] != ' ' || text[15] != ' ') return std::nullopt;
  const std::string_view day_text = text.substr(4, 2);
  const int day =
      day_text[0] == ' ' ? (day_text[1] >= '0' && day_text[1] <= '9' ? day_text[1] - '0' : -1) : two_digits(day_text);
  return moment(four_digits(text.substr(16)), month_number(text.substr(0, 3)), day, text.substr(7, 8));
}

}  // namespace

std::string http_date(std::int64_t wall_ns) {
  const sys_seconds time = floor<std::chrono::seconds>(sys_time<nanoseconds>{nanoseconds{wall_ns}});
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  char text[64];
  const int size =
      std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT", kDays[weekday{day}.c_encoding()],
                    static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                    static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                    static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return std::string(text, static_cast<std::size_t>(size));
}

std::optional<std::int64_t> parse_http_date(std::string_view text) noexcept {
  const std::size_t comma = text.find(", ");
  if (comma == std::string_view::npos) return text.size() > 4 ? parse_asctime(text.substr(4)) : std::nullopt;
  const std::string_view rest = text.substr(comma + 2);
  return comma == 3 ? parse_fixdate(rest) : parse_rfc850(rest);
}

}  // namespace genro::storage
