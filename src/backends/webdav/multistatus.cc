#include "backends/webdav/multistatus.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "backend/http/conditions.h"
#include "backend/http/xml_document.h"
#include "codec/http_date.h"
#include "codec/iso8601.h"
#include "codec/percent.h"
#include "net/ascii.h"

namespace genro::storage::webdav {
namespace {

std::string trimmed(std::string text) {
  constexpr std::string_view kBlank = " \t\r\n";
  text.erase(std::min(text.find_last_not_of(kBlank) + 1, text.size()));
  return text.erase(0, std::min(text.find_first_not_of(kBlank), text.size()));
}

std::string md5_among(std::string_view checksums) {
  constexpr std::string_view kName = "MD5:";
  constexpr std::size_t kDigits = 32;
  const std::size_t at = checksums.find(kName);
  if (at == std::string_view::npos) return {};
  std::string digits(checksums.substr(at + kName.size(), kDigits));
  std::transform(digits.begin(), digits.end(), digits.begin(), lower_ascii);
  const bool hex = digits.size() == kDigits && digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hex ? digits : std::string();
}

/// The properties of one <propstat>, in either order with its status.
void take_property(const XmlReader& xml, Entry& into) {
  const std::string_view name = xml.name();
  if (name == "getcontentlength") {
    const std::string text = trimmed(xml.text());
    std::from_chars(text.data(), text.data() + text.size(), into.size);
  } else if (name == "getlastmodified") {
    const std::string text = trimmed(xml.text());
    const auto time = parse_http_date(text);
    into.mtime_ns = time ? *time : parse_iso8601(text).value_or(Entry::kNoTime);
  } else if (name == "getetag") {
    into.etag = plain_etag(trimmed(xml.text()));
  } else if (name == "getcontenttype") {
    into.content_type = trimmed(xml.text());
  }
}

class MultistatusWalk {
 public:
  std::vector<Resource> take() && { return std::move(resources_); }

  void operator()(const XmlReader& xml) {
    const std::string_view name = xml.name();
    const std::string_view around = xml.parent();
    if (name == "response" && around == "multistatus") {
      resources_.push_back(std::exchange(resource_, {}));
    } else if (around == "response") {
      if (name == "href" && resource_.href.empty()) resource_.href = trimmed(xml.text());
      if (name == "status") resource_.status = parse_status_line(trimmed(xml.text()));
      if (name == "propstat") end_properties();
    } else if (around == "propstat") {
      if (name == "status") status_ = parse_status_line(trimmed(xml.text()));
    } else if (around == "prop") {
      take_property(xml, properties_.entry);
    } else if (name == "collection" && around == "resourcetype") {
      properties_.entry.kind = EntryKind::directory;
    } else if (name == "checksum" && around == "checksums") {
      properties_.entry.md5 = md5_among(xml.text());
    } else if ((name == "owner" && around == "activelock") || (name == "href" && around == "owner")) {
      std::string owner = trimmed(xml.text());
      if (!owner.empty()) properties_.lock_owner = std::move(owner);
    }
  }

 private:
  void end_properties() {
    Resource found = std::exchange(properties_, {});
    const int status = std::exchange(status_, 0);
    if (status != 0 && status / 100 != 2) return;  // these it has not
    found.href = std::move(resource_.href);
    found.status = resource_.status;
    if (found.entry.is_directory()) found.entry.size = 0;
    resource_ = std::move(found);
  }

  std::vector<Resource> resources_;
  Resource resource_;
  Resource properties_;
  int status_ = 0;
};

std::string decoded(std::string_view segment) {
  // A server that encodes nothing may say '%' and mean it.
  return percent_decode(segment).value_or(std::string(segment));
}

std::string path_of(const HrefParts& place) {
  return place.name.empty() ? place.folder : place.folder + "/" + place.name;
}

bool is_below(std::string_view inner, std::string_view outer) {
  return inner == outer || (inner.starts_with(outer) && inner.substr(outer.size()).starts_with('/'));
}

/// The path by which the server knows the folder: the one that was asked for, or that of the resource around all others, or
/// the folder that they all are in.
std::string folder_among(const std::vector<HrefParts>& places, const std::string& asked) {
  std::string shortest = asked;
  bool first = true;
  for (const HrefParts& place : places) {
    const std::string path = path_of(place);
    if (path == asked) return asked;
    if (first || path.size() < shortest.size()) shortest = path;
    first = false;
  }
  const auto around_all = [&places](const std::string& folder) {
    return std::all_of(places.begin(), places.end(),
                       [&folder](const HrefParts& place) { return is_below(path_of(place), folder); });
  };
  if (around_all(asked) || places.empty()) return asked;
  if (around_all(shortest)) return shortest;
  return places.front().folder;
}

}  // namespace

int parse_status_line(std::string_view line) noexcept {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos || !line.starts_with("HTTP/")) return 0;
  const std::string_view digits = line.substr(blank + 1, 3);
  int status = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), status);
  return failure == std::errc() && status >= 100 ? status : 0;
}

std::vector<Resource> parse_multistatus(std::string_view document) {
  MultistatusWalk walk;
  walk_document(document, "multistatus", [&walk](const XmlReader& xml) { walk(xml); });
  return std::move(walk).take();
}

HrefParts split_href(std::string_view href, std::string_view asked) {
  std::string joined;
  if (const std::size_t scheme = href.find("://"); scheme != std::string_view::npos && href.find('/') == scheme + 1) {
    href.remove_prefix(std::min(href.find('/', scheme + 3), href.size()));
  } else if (!href.starts_with('/')) {
    joined.append(asked).append("/").append(href);
    href = joined;
  }
  while (href.ends_with('/')) href.remove_suffix(1);
  HrefParts place;
  while (!href.empty()) {
    href.remove_prefix(1);  // a slash
    const std::string_view segment = href.substr(0, href.find('/'));
    href.remove_prefix(segment.size());
    if (segment.empty() || segment == ".") continue;
    if (!place.name.empty()) place.folder.append("/").append(place.name);
    place.name = decoded(segment);
  }
  return place;
}

Members members_of(std::vector<Resource> resources, std::string_view asked, const std::string& path) {
  Members members;
  std::vector<HrefParts> places;
  places.reserve(resources.size());
  for (const Resource& resource : resources) places.push_back(split_href(resource.href, asked));
  const std::string folder = folder_among(places, path_of(split_href(asked, "")));
  for (std::size_t i = 0; i < resources.size(); ++i) {
    const std::string full = path_of(places[i]);
    Entry& entry = resources[i].entry;
    if (full == folder) {
      members.is_file = !entry.is_directory();
    } else if (!is_below(full, folder)) {
      bad_document("a listing of what is not in the directory");
    } else if (places[i].folder == folder && resources[i].status / 100 != 4) {  // deeper ones were not asked for
      const bool sane = places[i].name.find('/') == std::string::npos;
      entry.path = path.empty() ? "" : path + "/";
      entry.path.append(sane ? "" : "./").append(places[i].name);
      members.entries.push_back(std::move(entry));
    }
  }
  const auto by_path = [](const Entry& a, const Entry& b) { return a.path < b.path; };
  const auto same_path = [](const Entry& a, const Entry& b) { return a.path == b.path; };
  std::sort(members.entries.begin(), members.entries.end(), by_path);
  members.entries.erase(std::unique(members.entries.begin(), members.entries.end(), same_path), members.entries.end());
  return members;
}

Complaint parse_complaint(std::string_view document) {
  Complaint found;
  try {
    walk_document(document, "error", [&found](const XmlReader& xml) {
      if (xml.name() == "message" && xml.parent() == "error") found.message = trimmed(xml.text());
      if (xml.name() == "href") found.href = trimmed(xml.text());
    });
  } catch (const Error&) {  // a page for people
    return {};
  }
  return found;
}

}  // namespace genro::storage::webdav
