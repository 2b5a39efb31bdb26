#include "backends/http/index_page.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "codec/http_date.h"
#include "codec/iso8601.h"
#include "codec/percent.h"
#include "codec/xml_text.h"
#include "genro/storage/error.h"
#include "net/ascii.h"
#include "net/redirect.h"

namespace genro::storage::http {
namespace {

using Json = nlohmann::json;

[[noreturn]] void bad_json() {
  throw Error(ErrorCode::protocol, "the server sent JSON that is no index of a directory");
}

std::string text_of(const Json& item, const char* name) {
  const auto found = item.find(name);
  return found != item.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Entry entry_of_item(const Json& item) {
  Entry entry;
  entry.path = text_of(item, "name");
  const auto is_folder = item.find("is_dir");  // Caddy's
  const bool folder = is_folder != item.end() ? *is_folder == true : text_of(item, "type") == "directory";
  if (folder) entry.kind = EntryKind::directory;
  if (folder && entry.path.ends_with('/')) entry.path.pop_back();
  const auto size = item.find("size");
  if (!folder && (size == item.end() || !size->is_number_unsigned())) bad_json();
  if (!folder) entry.size = size->get<std::uint64_t>();
  entry.mtime_ns = parse_http_date(text_of(item, "mtime"))
                       .value_or(parse_iso8601(text_of(item, "mod_time")).value_or(Entry::kNoTime));
  return entry;
}

std::vector<Entry> entries_of_json(std::string_view document) {
  const Json items = Json::parse(document, nullptr, /*allow_exceptions=*/false);
  if (!items.is_array()) bad_json();
  std::vector<Entry> entries;
  for (const Json& item : items) {
    if (!item.is_object()) bad_json();
    entries.push_back(entry_of_item(item));
  }
  return entries;
}

/// What a link names right below the folder: "name", or "name/" of a folder.
std::optional<Entry> entry_of_link(std::string_view link, const Uri& folder) {
  Uri target;
  try {
    target = folder.resolve(Uri::parse(ascii_url(xml_unescape(std::string(link)))));
  } catch (const Error&) {
    return std::nullopt;
  }
  const bool here = target.scheme == folder.scheme && target.host == folder.host && target.port == folder.port;
  if (!here || target.has_query || !target.path.starts_with(folder.path)) return std::nullopt;
  std::string_view name = std::string_view(target.path).substr(folder.path.size());
  Entry entry;
  if (name.ends_with('/')) {
    entry.kind = EntryKind::directory;
    name.remove_suffix(1);
  }
  if (name.find('/') != std::string_view::npos) return std::nullopt;
  const std::optional<std::string> decoded = percent_decode(name);
  if (!decoded) return std::nullopt;
  entry.path = *decoded;
  return entry;
}

/// The value of the href of every <a …>.
std::vector<Entry> entries_of_links(std::string_view page, const Uri& folder) {
  std::vector<Entry> entries;
  const auto starts = [&page](std::string_view word) { return equal_ignoring_case(page.substr(0, word.size()), word); };
  while (!page.empty()) {
    page.remove_prefix(std::min(page.find('<'), page.size()));
    if (!starts("<a ") && !starts("<a\n")) {
      page.remove_prefix(std::min<std::size_t>(1, page.size()));
      continue;
    }
    while (!page.empty() && page.front() != '>' && !starts("href=")) page.remove_prefix(1);
    if (!starts("href=")) continue;
    page.remove_prefix(5);
    const bool quoted = page.starts_with('"') || page.starts_with('\'');
    const std::string_view ends = quoted ? page.substr(0, 1) : std::string_view(" >\t\n");
    if (quoted) page.remove_prefix(1);
    const std::string_view link = page.substr(0, page.find_first_of(ends));
    page.remove_prefix(link.size());
    if (std::optional<Entry> entry = entry_of_link(link, folder)) entries.push_back(std::move(*entry));
  }
  return entries;
}

}  // namespace

Index parse_index(std::string_view document, std::string_view content_type, const Uri& folder) {
  Index index;
  index.complete = content_type.substr(0, content_type.find(';')) == "application/json";
  index.entries = index.complete ? entries_of_json(document) : entries_of_links(document, folder);
  const auto unnamed = [](const Entry& entry) {
    return entry.path.empty() || entry.path == "." || entry.path == ".." || entry.path.find('/') != std::string::npos;
  };
  std::erase_if(index.entries, unnamed);
  const auto before = [](const Entry& a, const Entry& b) { return a.path < b.path; };
  std::sort(index.entries.begin(), index.entries.end(), before);
  const auto same = [](const Entry& a, const Entry& b) { return a.path == b.path; };
  index.entries.erase(std::unique(index.entries.begin(), index.entries.end(), same), index.entries.end());
  return index;
}

}  // namespace genro::storage::http
