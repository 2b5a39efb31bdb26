#include "backends/azure/pages.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "backend/http/conditions.h"
#include "backend/http/xml_document.h"
#include "backends/azure/blob.h"
#include "codec/http_date.h"
#include "codec/iso8601.h"
#include "codec/percent.h"

namespace genro::storage::azure {
namespace {

// Names with characters that XML cannot carry are percent-encoded, and say so.
std::string name_in(const XmlReader& xml) {
  std::string name = xml.text();
  if (xml.attributes().find("Encoded=\"true\"") == std::string_view::npos) return name;
  std::optional<std::string> decoded = percent_decode(name);
  if (!decoded) bad_document("a name that is not percent-encoded as announced");
  return std::move(*decoded);
}

std::uint64_t number_in(const XmlReader& xml) {
  const std::string_view text = xml.raw_text();
  std::uint64_t value = 0;
  const auto [at, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || at != text.data() + text.size()) bad_document("a size that is no number");
  return value;
}

struct Item {
  Entry entry;
  Metadata metadata;
  std::string snapshot;
  bool sized = false;
  bool current = true;  // of versions only one says so
  bool folder = false;
};

void take_property(const XmlReader& xml, Item& item) {
  const std::string_view name = xml.name();
  if (name == "Content-Length")
    item.sized = true, item.entry.size = number_in(xml);
  else if (name == "Last-Modified")
    item.entry.mtime_ns = parse_http_date(xml.raw_text()).value_or(Entry::kNoTime);
  else if (name == "Etag")
    item.entry.etag = plain_etag(xml.text());
  else if (name == "Content-MD5")
    item.entry.md5 = md5_of(xml.raw_text());
  else if (name == "Content-Type")
    item.entry.content_type = xml.text();
  else if (name == "ResourceType")
    item.folder = xml.raw_text() == "directory";
}

void take_element(const XmlReader& xml, Item& item) {
  const std::string_view name = xml.name();
  if (xml.parent() == "Properties")
    take_property(xml, item);
  else if (xml.parent() == "Metadata")
    item.metadata.emplace(name, xml.text());
  else if (xml.parent() != "Blob")
    return;
  else if (name == "Name")
    item.entry.path = name_in(xml);
  else if (name == "VersionId")
    item.entry.version_id = xml.text(), item.current = false;
  else if (name == "Snapshot")
    item.snapshot = xml.text();
  else if (name == "IsCurrentVersion")
    item.current = xml.raw_text() == "true";
}

// Calls `blob` for each blob, `folder` for the name of each prefix; gives where the next page begins.
template <class OnBlob, class OnFolder>
std::string walk_blobs(std::string_view document, OnBlob blob, OnFolder folder) {
  std::string next;
  Item item;
  walk_document(document, "EnumerationResults", [&](const XmlReader& xml) {
    if (xml.depth() == 1 && xml.name() == "NextMarker") {
      next = xml.text();
    } else if (xml.parent() == "BlobPrefix") {
      if (xml.name() == "Name") folder(name_in(xml));
    } else if (xml.parent() == "Blobs" && xml.name() == "Blob") {
      if (item.entry.path.empty() || !item.sized) bad_document("a blob without name or size");
      blob(std::exchange(item, {}));
    } else {
      take_element(xml, item);
    }
  });
  return next;
}

}  // namespace

ObjectPage parse_blob_page(std::string_view document, std::string_view prefix) {
  PageBuilder builder(prefix);
  builder.objects.reserve(1000);
  builder.token = walk_blobs(
      document,
      [&builder](Item item) {
        if (take_folder_mark(item.metadata) || item.folder) item.entry.kind = EntryKind::directory;
        item.entry.metadata = std::make_shared<const Metadata>(std::move(item.metadata));
        builder.objects.push_back(std::move(item.entry));
      },
      [&builder](std::string name) { builder.folders.push_back(std::move(name)); });
  ObjectPage page = builder.finish(!builder.token.empty());
  // A folder with a mark is listed as a blob, and once more for what lies in it.
  std::vector<Entry>& entries = page.page.entries;
  const auto same = [](const Entry& a, const Entry& b) {
    return a.path == b.path && a.is_directory() && b.is_directory();
  };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  return page;
}

VersionPage parse_version_page(std::string_view document, std::string_view name) {
  VersionPage page;
  page.next = walk_blobs(
      document,
      [&](Item item) {
        page.beyond = page.beyond || item.entry.path > name;
        if (item.entry.path != name) return;
        Version version;
        const bool snapshot = !item.snapshot.empty();
        version.version_id = snapshot ? std::string(kSnapshot) + item.snapshot : item.entry.version_id;
        version.is_latest = !snapshot && item.current;
        // When it was made: the time of change of a snapshot is that of what it was taken of.
        const std::string& moment = snapshot ? item.snapshot : item.entry.version_id;
        version.last_modified_ns = parse_iso8601(moment).value_or(item.entry.mtime_ns);
        version.size = item.entry.size;
        version.etag = std::move(item.entry.etag);
        page.versions.push_back(std::move(version));
      },
      [](std::string_view) {});
  return page;
}

std::vector<Block> parse_block_list(std::string_view document) {
  std::vector<Block> blocks;
  Block block;
  walk_document(document, "BlockList", [&](const XmlReader& xml) {
    if (xml.parent() == "Block") {
      if (xml.name() == "Name") block.id = xml.text();
      if (xml.name() == "Size") block.size = number_in(xml);
    } else if (xml.name() == "Block") {
      if (block.id.empty()) bad_document("a block without a name");
      blocks.push_back(std::exchange(block, {}));
    }
  });
  return blocks;
}

std::string parse_tags(std::string_view document) {
  std::string tags;
  std::string name;
  walk_document(document, "Tags", [&](const XmlReader& xml) {
    if (xml.parent() != "Tag") return;
    if (xml.name() == "Key") name = xml.text();
    if (xml.name() != "Value") return;
    tags.append(tags.empty() ? "" : "&").append(percent_encode(name, PercentSet::component)).append("=");
    percent_encode_to(xml.text(), PercentSet::component, tags);
  });
  return tags;
}

}  // namespace genro::storage::azure
