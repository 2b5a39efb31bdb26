#include "net/serve_conditions.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "codec/http_date.h"
#include "core/unix_seconds.h"

namespace genro::storage {
namespace {

constexpr std::int64_t kOneSecond = 1'000'000'000;

std::string_view trim_blanks(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// Cuts the first entity tag off the list: what is between its quotes, or up to the comma where there are none.
struct Tag {
  std::string_view opaque;
  bool weak = false;
};
Tag next_tag(std::string_view& list) {
  Tag tag;
  if (list.starts_with("W/")) {
    tag.weak = true;
    list.remove_prefix(2);
  }
  const bool quoted = list.starts_with('"');
  if (quoted) list.remove_prefix(1);
  const std::size_t end = std::min(list.find(quoted ? '"' : ','), list.size());
  tag.opaque = list.substr(0, end);
  if (!quoted) tag.opaque = trim_blanks(tag.opaque);
  if (tag.opaque.ends_with('"')) tag.opaque.remove_suffix(1);
  list.remove_prefix(end);
  list.remove_prefix(std::min(list.find(','), list.size()));
  return tag;
}

bool list_matches(std::string_view list, const std::string& etag, bool strongly) {
  if (trim_blanks(list) == "*") return true;
  for (;;) {
    const std::size_t begin = list.find_first_not_of(" \t,");
    if (begin == std::string_view::npos) return false;
    list.remove_prefix(begin);
    const Tag tag = next_tag(list);
    if (!etag.empty() && tag.opaque == etag && !(strongly && tag.weak)) return true;
  }
}

std::int64_t whole_seconds(std::int64_t nanoseconds) {
  return nanoseconds / kOneSecond - (nanoseconds % kOneSecond < 0 ? 1 : 0);
}

/// Nothing when the field or the file's time is missing, or the field is no date: the condition is to be ignored then.
std::optional<bool> changed_after(const std::optional<std::string>& field, const Validators& validators) {
  if (!field || validators.mtime_ns == Entry::kNoTime) return std::nullopt;
  const std::optional<std::int64_t> date = parse_http_date(trim_blanks(*field));
  if (!date) return std::nullopt;
  return whole_seconds(validators.mtime_ns) > whole_seconds(*date);
}

}  // namespace

Validators validators_of(const Entry& entry, bool coarse) {
  Validators validators{{}, entry.mtime_ns};
  const bool timed = entry.mtime_ns != Entry::kNoTime;
  if (timed) {
    char buffer[400];
    const double seconds = unix_seconds(entry.mtime_ns);
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, seconds, std::chars_format::fixed).ptr;
    validators.etag.assign(buffer, end);
    if (validators.etag.find('.') == std::string::npos) validators.etag += ".0";
    validators.etag += '-' + std::to_string(entry.size);
  }
  const bool vague = !timed || (coarse && entry.mtime_ns % kOneSecond == 0);
  if (!vague || entry.etag.empty()) return validators;
  if (timed) validators.etag += '-';
  for (const char c : entry.etag) {  // RFC 9110 section 8.8.3: what may stand between the quotes
    if (c > ' ' && c != '"' && c != '\x7f') validators.etag += c;
  }
  return validators;
}

Verdict evaluate_conditions(const ServeRequest& request, const Validators& validators) {
  if (const auto tags = request.header("If-Match")) {
    if (!list_matches(*tags, validators.etag, true)) return Verdict::failed;
  } else if (changed_after(request.header("If-Unmodified-Since"), validators).value_or(false)) {
    return Verdict::failed;
  }
  if (const auto tags = request.header("If-None-Match")) {
    return list_matches(*tags, validators.etag, false) ? Verdict::not_modified : Verdict::proceed;
  }
  if (!changed_after(request.header("If-Modified-Since"), validators).value_or(true)) return Verdict::not_modified;
  return Verdict::proceed;
}

bool range_still_valid(const ServeRequest& request, const Validators& validators, std::int64_t now_ns) {
  const std::optional<std::string> field = request.header("If-Range");
  if (!field) return true;
  const std::string_view value = trim_blanks(*field);
  if (value.starts_with('"') || value.starts_with("W/")) return list_matches(value, validators.etag, true);
  const std::optional<std::int64_t> date = parse_http_date(value);
  if (!date) return !validators.etag.empty() && value == validators.etag;
  return validators.mtime_ns != Entry::kNoTime && whole_seconds(validators.mtime_ns) == whole_seconds(*date) &&
         now_ns - validators.mtime_ns >= 2 * kOneSecond;
}

}  // namespace genro::storage
