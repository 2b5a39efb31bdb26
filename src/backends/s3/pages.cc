#include "backends/s3/pages.h"

#include <charconv>
#include <unordered_set>
#include <utility>

#include "backend/http/conditions.h"
#include "backend/http/xml_document.h"
#include "codec/iso8601.h"
#include "codec/percent.h"

namespace genro::storage::s3 {
namespace {

// Keys arrive percent-encoded when the server honoured encoding-type=url, which it says in the document itself, perhaps
// after the keys; so they are kept as they came and decoded at the end.
void decode_key(std::string& key, bool encoded) {
  if (!encoded || (key.find('%') == std::string::npos && key.find('+') == std::string::npos)) return;
  std::optional<std::string> decoded = form_decode(key);
  if (!decoded) bad_document("a key that is not percent-encoded as announced");
  key = std::move(*decoded);
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [at, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || at != text.data() + text.size()) bad_document("a size that is no number");
  return value;
}

std::int64_t time_of(std::string_view text) { return parse_iso8601(text).value_or(Entry::kNoTime); }

std::string etag_of(const XmlReader& xml) { return std::string(plain_etag(xml.text())); }

}  // namespace

ObjectPage parse_object_page(std::string_view document, std::string_view prefix, Detail detail) {
  PageBuilder builder(prefix);
  builder.objects.reserve(1000);
  Entry* entry = nullptr;  // the last of builder.objects, while its element is open
  bool sized = false;
  bool encoded = false;
  bool truncated = false;
  walk_document(document, "ListBucketResult", [&](const XmlReader& xml) {
    if (xml.is_in("Contents")) {
      if (!entry) entry = &builder.objects.emplace_back();
      if (xml.is("Key"))
        entry->path = xml.text();
      else if (xml.is("Size"))
        sized = true, entry->size = number(xml.raw_text());
      else if (detail == Detail::names)
        return;
      else if (xml.is("LastModified"))
        entry->mtime_ns = time_of(xml.raw_text());
      else if (xml.is("ETag"))
        entry->etag = etag_of(xml);
    } else if (xml.is_in("CommonPrefixes")) {
      if (xml.is("Prefix")) builder.folders.push_back(xml.text());
    } else if (xml.depth() == 1) {
      if (xml.is("Contents")) {
        if (!entry || entry->path.empty() || !sized) bad_document("an object without key or size");
        entry = nullptr;
        sized = false;
      } else if (xml.is("IsTruncated")) {
        truncated = xml.raw_text() == "true";
      } else if (xml.is("NextContinuationToken")) {
        builder.token = xml.text();
      } else if (xml.is("EncodingType")) {
        encoded = xml.raw_text() == "url";
      }
    }
  });
  for (Entry& object : builder.objects) decode_key(object.path, encoded);
  for (std::string& key : builder.folders) decode_key(key, encoded);
  return builder.finish(truncated);
}

VersionPage parse_version_page(std::string_view document, std::string_view key) {
  VersionPage page;
  Version version;
  std::string name_of_key;
  struct Item {
    std::string key;
    Version version;
  };
  std::vector<Item> items;
  bool encoded = false;
  walk_document(document, "ListVersionsResult", [&](const XmlReader& xml) {
    const std::string_view name = xml.name();
    if (xml.parent() == "Version" || xml.parent() == "DeleteMarker") {
      if (name == "Key")
        name_of_key = xml.text();
      else if (name == "VersionId")
        version.version_id = xml.text();
      else if (name == "IsLatest")
        version.is_latest = xml.raw_text() == "true";
      else if (name == "LastModified")
        version.last_modified_ns = parse_iso8601(xml.raw_text()).value_or(0);
      else if (name == "ETag")
        version.etag = etag_of(xml);
      else if (name == "Size")
        version.size = number(xml.raw_text());
    } else if (xml.depth() == 1) {
      if (name == "Version" || name == "DeleteMarker") {
        version.is_delete_marker = name == "DeleteMarker";
        items.push_back({std::move(name_of_key), std::move(version)});
        version = Version();
        name_of_key.clear();
      } else if (name == "IsTruncated") {
        page.truncated = xml.raw_text() == "true";
      } else if (name == "NextKeyMarker") {
        page.next_key = xml.text();
      } else if (name == "NextVersionIdMarker") {
        page.next_version = xml.text();
      } else if (name == "EncodingType") {
        encoded = xml.raw_text() == "url";
      }
    }
  });
  decode_key(page.next_key, encoded);
  for (Item& item : items) {
    decode_key(item.key, encoded);
    if (item.key == key)
      page.versions.push_back(std::move(item.version));
    else if (item.key > key)
      page.beyond = true;
  }
  if (page.truncated && page.next_key.empty()) bad_document("a truncated listing without a marker");
  return page;
}

UploadPage parse_upload_page(std::string_view document) {
  UploadPage page;
  OpenUpload upload;
  bool encoded = false;
  walk_document(document, "ListMultipartUploadsResult", [&](const XmlReader& xml) {
    const std::string_view name = xml.name();
    if (xml.parent() == "Upload") {
      if (name == "Key")
        upload.key = xml.text();
      else if (name == "UploadId")
        upload.upload_id = xml.text();
      else if (name == "Initiated")
        upload.begun_ns = time_of(xml.raw_text());
    } else if (xml.depth() == 1) {
      if (name == "Upload") {
        if (upload.key.empty() || upload.upload_id.empty()) bad_document("an upload without key or id");
        page.uploads.push_back(std::exchange(upload, {}));
      } else if (name == "IsTruncated") {
        page.truncated = xml.raw_text() == "true";
      } else if (name == "NextKeyMarker") {
        page.next_key = xml.text();
      } else if (name == "NextUploadIdMarker") {
        page.next_upload = xml.text();
      } else if (name == "EncodingType") {
        encoded = xml.raw_text() == "url";
      }
    }
  });
  decode_key(page.next_key, encoded);
  for (OpenUpload& found : page.uploads) decode_key(found.key, encoded);
  if (page.truncated && page.next_key.empty()) bad_document("a truncated listing without a marker");
  return page;
}

std::string parse_upload_id(std::string_view document) {
  std::string id;
  walk_document(document, "InitiateMultipartUploadResult", [&id](const XmlReader& xml) {
    if (xml.depth() == 1 && xml.name() == "UploadId") id = xml.text();
  });
  if (id.empty()) bad_document("an upload without an id");
  return id;
}

StoredResult parse_stored(std::string_view document) {
  StoredResult result;
  bool composite = false;
  XmlReader first(document);
  const bool known = first.next() == XmlReader::Event::open &&
                     (first.name() == "CopyObjectResult" || first.name() == "CopyPartResult" ||
                      first.name() == "CompleteMultipartUploadResult");
  if (!known) bad_document("a document that is no result of a copy or upload");
  walk_document(document, first.name(), [&](const XmlReader& xml) {
    if (xml.depth() != 1) return;
    const std::string_view name = xml.name();
    if (name == "ETag")
      result.etag = etag_of(xml);
    else if (name == "LastModified")
      result.mtime_ns = time_of(xml.raw_text());
    else if (name == "ChecksumType")
      composite = xml.raw_text() == "COMPOSITE";
    for (const ChecksumAlgorithm algorithm :
         {ChecksumAlgorithm::crc64nvme, ChecksumAlgorithm::crc32c, ChecksumAlgorithm::crc32}) {
      const bool whole = name == element_name(algorithm) && xml.raw_text().find('-') == std::string_view::npos;
      if (whole && !xml.raw_text().empty()) result.checksum = {algorithm, xml.text()};
    }
  });
  if (composite) result.checksum = {};
  return result;
}

std::vector<DeleteError> parse_delete_errors(std::string_view document, std::string DeleteError::* name,
                                             std::span<const std::string> asked) {
  std::vector<DeleteError> errors;
  DeleteError error;
  walk_document(document, "DeleteResult", [&](const XmlReader& xml) {
    if (xml.parent() == "Error") {
      if (xml.name() == "Key")
        error.key = xml.text();
      else if (xml.name() == "VersionId")
        error.version = xml.text();
      else if (xml.name() == "Code")
        error.code = xml.text();
      else if (xml.name() == "Message")
        error.message = xml.text();
    } else if (xml.depth() == 1 && xml.name() == "Error") {
      errors.push_back(std::move(error));
      error = DeleteError();
    }
  });
  if (errors.empty()) return errors;
  const std::unordered_set<std::string_view> known(asked.begin(), asked.end());
  for (const DeleteError& failure : errors) {
    if (!known.contains(failure.*name)) {
      throw Error(ErrorCode::protocol, "the server failed to delete something that it was not asked for: '" +
                                           failure.*name + "' " + failure.code + " " + failure.message);
    }
  }
  return errors;
}

std::string parse_tags(std::string_view document) {
  std::string tags;
  std::string name;
  std::string value;
  walk_document(document, "Tagging", [&](const XmlReader& xml) {
    if (xml.parent() == "Tag") {
      if (xml.name() == "Key") name = xml.text();
      if (xml.name() == "Value") value = xml.text();
    } else if (xml.name() == "Tag") {
      if (!tags.empty()) tags += '&';
      percent_encode_to(std::exchange(name, {}), PercentSet::component, tags);
      tags += '=';
      percent_encode_to(std::exchange(value, {}), PercentSet::component, tags);
    }
  });
  return tags;
}

}  // namespace genro::storage::s3
