#include "backends/gcs/answers.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "backend/http/content_range.h"
#include "backend/kept.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/http_date.h"
#include "codec/iso8601.h"
#include "genro/storage/error.h"
#include "net/ascii.h"

namespace genro::storage::gcs {
namespace {

using Json = nlohmann::json;

[[noreturn]] void bad_answer(std::string_view what) {
  throw Error(ErrorCode::protocol, "the server sent " + std::string(what));
}

Json parse_document(std::string_view text) {
  Json document = Json::parse(text, nullptr, false);
  if (!document.is_object()) bad_answer("an answer that is no JSON object, or cut short");
  return document;
}

/// Null when it is absent or no string.
const std::string* text_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

std::string text_or_nothing(const Json& object, const char* name) {
  const std::string* text = text_in(object, name);
  return text ? *text : std::string();
}

/// 64-bit numbers are strings in Google's JSON.
std::uint64_t number_in(const Json& object, const char* name) {
  const std::string* text = text_in(object, name);
  std::uint64_t value = 0;
  const char* end = text ? text->data() + text->size() : nullptr;
  const bool good =
      text && !text->empty() && std::from_chars(text->data(), end, value) == std::from_chars_result{end, {}};
  if (!good) bad_answer(std::string("an answer without a '") + name + "'");
  return value;
}

std::int64_t time_in(const Json& object, const char* name) {
  const std::string* text = text_in(object, name);
  const auto time = text ? parse_iso8601(*text) : std::nullopt;
  return time.value_or(Entry::kNoTime);
}

std::string hex_of_base64(std::string_view text) {
  const auto octets = base64_decode(text);
  return octets && octets->size() == 16 ? hex_encode(*octets) : std::string();
}

Checksum crc32c_of(std::string text) {
  if (text.size() != text_size(ChecksumAlgorithm::crc32c)) return {};
  return {ChecksumAlgorithm::crc32c, std::move(text)};
}

/// What an object has beside content, media type and metadata, and is to have again when it is written anew. Names of common
/// header fields are what other stores know; the rest is Google's own.
Metadata kept_in(const Json& object) {
  Metadata kept;
  for (const auto& [member, field] : kKeptFields) {
    const std::string* text = text_in(object, member);
    if (text && !text->empty()) kept.emplace(field, *text);
  }
  return kept;
}

std::shared_ptr<const Metadata> metadata_in(const Json& object) {
  Metadata metadata;
  if (const auto found = object.find("metadata"); found != object.end() && found->is_object()) {
    for (const auto& [name, value] : found->items()) {
      if (value.is_string()) metadata.emplace(name, value.get<std::string>());
    }
  }
  return with_kept(std::move(metadata), kept_in(object));
}

Entry entry_in(const Json& object) {
  Entry entry;
  const std::string* name = text_in(object, "name");
  if (!name || name->empty()) bad_answer("an object without a name");
  entry.path = *name;
  entry.size = number_in(object, "size");
  entry.mtime_ns = time_in(object, "updated");
  entry.etag = text_or_nothing(object, "generation");
  entry.version_id = entry.etag;
  entry.md5 = hex_of_base64(text_or_nothing(object, "md5Hash"));
  entry.content_type = text_or_nothing(object, "contentType");
  return entry;
}

Object object_in(const Json& document) {
  Object object;
  object.entry = entry_in(document);
  object.entry.metadata = metadata_in(document);
  object.metageneration = text_or_nothing(document, "metageneration");
  object.checksum = crc32c_of(text_or_nothing(document, "crc32c"));
  object.content_encoding = text_or_nothing(document, "contentEncoding");
  return object;
}

constexpr std::size_t kMd5Text = 24;  // characters of its base64

/// Of x-goog-hash, which is one field or several: "crc32c=…,md5=…".
std::string_view hash_in(const HttpHead& head, std::string_view name, std::size_t size) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (!equal_ignoring_case(head.name(i), "x-goog-hash")) continue;
    const std::size_t at = head.value(i).find(name);
    if (at != std::string_view::npos) return head.value(i).substr(at + name.size(), size);
  }
  return {};
}

/// The member's items; none when it is absent.
Json::array_t list_in(Json& document, const char* name) {
  const auto found = document.find(name);
  if (found == document.end()) return {};
  if (!found->is_array()) bad_answer(std::string("'") + name + "' that is no list");
  return std::move(found->get_ref<Json::array_t&>());
}

}  // namespace

Object parse_object(std::string_view document) { return object_in(parse_document(document)); }

ObjectPage parse_object_page(std::string_view document, std::string_view prefix, bool names_only) {
  Json page = parse_document(document);
  PageBuilder builder(prefix);
  for (const Json& item : list_in(page, "items")) {
    if (!item.is_object()) bad_answer("a listing with something that is no object");
    Entry entry = entry_in(item);
    if (names_only) {
      Entry name;
      name.path = std::move(entry.path);
      name.size = entry.size;
      entry = std::move(name);
    }
    builder.objects.push_back(std::move(entry));
  }
  for (const Json& folder : list_in(page, "prefixes")) {
    if (!folder.is_string()) bad_answer("a listing with a directory that has no name");
    builder.folders.push_back(folder.get<std::string>());
  }
  builder.token = text_or_nothing(page, "nextPageToken");
  const bool truncated = !builder.token.empty();
  return builder.finish(truncated);
}

VersionPage parse_version_page(std::string_view document, std::string_view name) {
  Json page = parse_document(document);
  VersionPage out;
  out.next_token = text_or_nothing(page, "nextPageToken");
  for (const Json& item : list_in(page, "items")) {
    if (!item.is_object()) bad_answer("a listing with something that is no object");
    const Entry entry = entry_in(item);
    out.beyond = out.beyond || entry.path > name;
    if (entry.path != name) continue;
    VersionPage::Item found;
    found.version.version_id = entry.etag;
    found.version.last_modified_ns = time_in(item, "timeCreated");
    found.version.size = entry.size;
    found.version.etag = entry.md5.empty() ? text_or_nothing(item, "crc32c") : entry.md5;
    found.deleted_ns = time_in(item, "timeDeleted");
    if (found.deleted_ns == Entry::kNoTime) found.deleted_ns = time_in(item, "softDeleteTime");
    found.version.is_latest = found.deleted_ns == Entry::kNoTime;
    out.items.push_back(std::move(found));
  }
  return out;
}

Rewrite parse_rewrite(std::string_view document) {
  const Json answer = parse_document(document);
  Rewrite step;
  const auto done = answer.find("done");
  if (done == answer.end() || !done->is_boolean()) bad_answer("a step of a copy that does not say whether it is done");
  if (!done->get<bool>()) {
    step.copied = number_in(answer, "totalBytesRewritten");
    step.token = text_or_nothing(answer, "rewriteToken");
    if (step.token.empty()) bad_answer("a step of a copy that is not done and does not say how to go on");
    return step;
  }
  const auto resource = answer.find("resource");
  if (resource == answer.end() || !resource->is_object()) bad_answer("a copy without its object");
  step.object = object_in(*resource);
  return step;
}

bool parse_layout(std::string_view document) {
  const Json layout = parse_document(document);
  const auto space = layout.find("hierarchicalNamespace");
  return space != layout.end() && space->is_object() && space->value("enabled", false);
}

Entry entry_of(const HttpHead& head, std::string path) {
  Entry entry;
  entry.path = std::move(path);
  entry.size = content_size(head).value_or(0);
  entry.etag = head.find("x-goog-generation");
  entry.version_id = entry.etag;
  if (const std::optional<std::int64_t> time = parse_http_date(head.find("last-modified"))) entry.mtime_ns = *time;
  entry.content_type = head.content_type();
  entry.md5 = hex_of_base64(hash_in(head, "md5=", kMd5Text));
  return entry;
}

Checksum checksum_of(const HttpHead& head) {
  return crc32c_of(std::string(hash_in(head, "crc32c=", text_size(ChecksumAlgorithm::crc32c))));
}

ErrorDocument parse_error(std::string_view document) {
  const Json answer = Json::parse(document, nullptr, false);
  ErrorDocument error;
  if (!answer.is_object()) return error;
  const auto found = answer.find("error");
  if (found == answer.end() || !found->is_object()) return error;
  error.message = text_or_nothing(*found, "message");
  const auto errors = found->find("errors");
  if (errors != found->end() && errors->is_array() && !errors->empty() && errors->front().is_object()) {
    error.reason = text_or_nothing(errors->front(), "reason");
    if (error.message.empty()) error.message = text_or_nothing(errors->front(), "message");
  }
  return error;
}

}  // namespace genro::storage::gcs
