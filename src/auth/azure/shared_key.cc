#include "auth/azure/shared_key.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "codec/base64.h"
#include "codec/percent.h"
#include "net/ascii.h"

namespace genro::storage::azure {
namespace {

constexpr std::array<std::string_view, 11> kSignedFields = {
    "content-encoding",  "content-language", "content-length", "content-md5",         "content-type", "date",
    "if-modified-since", "if-match",         "if-none-match",  "if-unmodified-since", "range"};

struct Field {
  std::string name;  // in lower case
  std::string_view value;
};

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), &lower_ascii);
  return out;
}

std::vector<Field> fields_of(std::string_view headers) {
  std::vector<Field> fields;
  while (!headers.empty()) {
    const std::size_t end = std::min(headers.find("\r\n"), headers.size());
    const std::string_view line = headers.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      std::string_view value = line.substr(colon + 1);
      while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
      while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
      fields.push_back({lowered(line.substr(0, colon)), value});
    }
    headers.remove_prefix(std::min(end + 2, headers.size()));
  }
  return fields;
}

// The service orders names as its culture does: hyphens count only where names are equal without them, and '_' stands
// before digits, which stand before letters.
int weight(char c) noexcept { return c == '_' ? 1 : static_cast<unsigned char>(c); }

bool stands_before(const Field& a, const Field& b) noexcept {
  const auto next = [](const std::string& text, std::size_t& at) {
    while (at < text.size() && text[at] == '-') ++at;
    return at < text.size() ? weight(text[at++]) : 0;
  };
  for (std::size_t i = 0, j = 0;;) {
    const int left = next(a.name, i);
    const int right = next(b.name, j);
    if (left != right) return left < right;
    if (left != 0) continue;
    const auto [mine, other] = std::mismatch(a.name.begin(), a.name.end(), b.name.begin(), b.name.end());
    return other != b.name.end() && *other == '-';  // the first that has a hyphen where the other has none is the last
  }
}

void add_query(std::string_view query, std::string& to) {
  std::map<std::string, std::vector<std::string>> parameters;
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
    const std::size_t equals = std::min(item.find('='), item.size());
    const std::string_view value = item.substr(std::min(equals + 1, item.size()));
    parameters[lowered(percent_decode(item.substr(0, equals)).value_or(std::string(item.substr(0, equals))))].push_back(
        percent_decode(value).value_or(std::string(value)));
  }
  for (auto& [name, values] : parameters) {
    std::sort(values.begin(), values.end());
    to.append("\n").append(name).append(":");
    for (std::size_t i = 0; i < values.size(); ++i) to.append(i == 0 ? "" : ",").append(values[i]);
  }
}

}  // namespace

std::string text_to_sign(std::string_view account, std::string_view method, std::string_view target,
                         std::string_view headers, std::uint64_t content_length) {
  std::vector<Field> fields = fields_of(headers);
  std::string text(method);
  text += '\n';
  for (const std::string_view name : kSignedFields) {
    const auto at = std::find_if(fields.begin(), fields.end(), [name](const Field& f) { return f.name == name; });
    if (name == "content-length" && content_length != 0) text += std::to_string(content_length);
    if (name != "content-length" && at != fields.end()) text += at->value;
    text += '\n';
  }
  std::erase_if(fields, [](const Field& field) { return !field.name.starts_with("x-ms-"); });
  std::stable_sort(fields.begin(), fields.end(), &stands_before);
  for (const Field& field : fields) text.append(field.name).append(":").append(field.value).append("\n");
  const std::size_t question = std::min(target.find('?'), target.size());
  text.append("/").append(account).append(target.substr(0, question));
  if (question != target.size()) add_query(target.substr(question + 1), text);
  return text;
}

std::optional<SharedKey> SharedKey::parse(std::string account, std::string_view key) {
  const std::optional<std::vector<std::byte>> bytes = base64_decode(key, Base64Rules::tolerant);
  if (!bytes || bytes->empty()) return std::nullopt;
  return SharedKey(std::move(account), HmacSha256(*bytes));
}

std::string SharedKey::sign(std::string_view text) const { return base64_encode(key_.mac(text)); }

std::string SharedKey::authorization(std::string_view method, std::string_view target, std::string_view headers,
                                     std::uint64_t content_length) const {
  return "SharedKey " + account_ + ":" + sign(text_to_sign(account_, method, target, headers, content_length));
}

}  // namespace genro::storage::azure
