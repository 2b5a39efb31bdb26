#include "backends/gcs/requests.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "backend/http/batch.h"
#include "backend/http/content_range.h"
#include "backend/kept.h"
#include "backends/gcs/answers.h"
#include "codec/iso8601.h"
#include "codec/percent.h"
#include "genro/storage/error.h"

namespace genro::storage::gcs {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kBoundary = "genro-part-5f2b1c7e9a804d63";
constexpr std::string_view kListed = "nextPageToken,prefixes,items(name,size,updated,generation,md5Hash,contentType)";
constexpr std::string_view kNamed = "nextPageToken,prefixes,items(name,size)";

std::string encoded(std::string_view text) { return percent_encode(text, PercentSet::component); }

/// Path and query of a request in the making.
class Target {
 public:
  explicit Target(std::string path) : text_(std::move(path)) {}
  Target& add(std::string_view name, std::string_view value) {
    text_.append(1, std::exchange(separator_, '&')).append(name).append("=");
    percent_encode_to(value, PercentSet::component, text_);
    return *this;
  }
  /// Nothing for a value that is "".
  Target& maybe(std::string_view name, std::string_view value) { return value.empty() ? *this : add(name, value); }
  HttpRequest request(std::string_view method) {
    HttpRequest made;
    made.method = method;
    made.target = std::move(text_);
    made.headers.reserve(HttpRequest::kUsualHeaders);
    return made;
  }

 private:
  std::string text_;
  char separator_ = '?';
};

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void set_json(const Json& json, HttpRequest& to) {
  to.add_header("content-type", "application/json; charset=utf-8");
  to.body = Bytes::copy_of(dump(json));
}

void add_metadata_to(Json& resource, const Metadata& metadata) {
  Json fields = Json::object();
  for (const auto& [name, value] : metadata) fields[name] = value;
  resource["metadata"] = std::move(fields);
}

/// What the object that is written anew had beside its content; see kept_in() in answers.cc. Others' own things are no concern
/// of this store.
void add_kept_to(Json& resource, const PutOptions& options) {
  const Metadata* kept = kept_with(options.metadata);
  if (!kept) return;
  for (const auto& [member, field] : kKeptFields) {
    if (const auto found = kept->find(field); found != kept->end()) resource[member] = found->second;
  }
}

std::string media_type_of(const PutOptions& options) {
  return options.content_type.empty() ? "application/octet-stream" : options.content_type;
}

std::string time_of(std::int64_t wall_ns) {
  return format_iso8601(std::chrono::sys_seconds(std::chrono::seconds(wall_ns / 1'000'000'000)));
}

}  // namespace

bool is_generation(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void require_generation(const std::string& version, std::string_view operation, const std::string& path) {
  if (version.empty() || is_generation(version)) return;
  throw Error(ErrorCode::not_found, std::string(operation), path, "no such version: " + version);
}

void require_same(const std::string& wanted, std::string_view generation, std::string_view operation,
                  const std::string& path) {
  if (wanted.empty() || generation == wanted) return;
  throw Error(ErrorCode::precondition_failed, std::string(operation), path, "the content was replaced meanwhile");
}

std::string wanted_generation(const When& when) {
  if (when.kind == When::Kind::always) return {};
  if (when.kind == When::Kind::if_absent) return "0";
  if (!is_generation(when.etag))
    throw Error(ErrorCode::precondition_failed, "the etag is not a generation number, so no object can match it");
  return when.etag;
}

Requests::Requests(const Config& config)
    : config_(config),
      base_(config.server.path),
      bucket_(base_ + "/storage/v1/b/" + encoded(config.bucket)),
      objects_(bucket_ + "/o"),
      uploads_(base_ + "/upload/storage/v1/b/" + encoded(config.bucket) + "/o") {}

std::string Requests::object(std::string_view name) const { return objects_ + "/" + encoded(name); }

HttpRequest Requests::stat(std::string_view name, std::string_view generation) const {
  return Target(object(name)).maybe("generation", generation).maybe("userProject", config_.user_project).request("GET");
}

HttpRequest Requests::read(std::string_view name, const ReadOptions& options) const {
  Target target(object(name));
  target.add("alt", "media").maybe("generation", options.version);
  target.maybe("ifGenerationMatch", options.if_match).maybe("userProject", config_.user_project);
  HttpRequest request = target.request("GET");
  request.add_header("accept-encoding", "gzip");  // else what is stored compressed is decompressed on the way, whole
  if (!options.range.whole()) request.add_header("range", range_value(options.range));
  return request;
}

std::string Requests::put_fields(std::string_view name, const PutOptions& options, const Checksum& checksum,
                                 std::int64_t wall_ns) const {
  Json resource{{"name", name}};
  resource["contentType"] = media_type_of(options);
  if (!config_.storage_class.empty()) resource["storageClass"] = config_.storage_class;
  if (!config_.cache_control.empty()) resource["cacheControl"] = config_.cache_control;
  if (!config_.custom_time.empty()) {
    resource["customTime"] = config_.custom_time == "now" ? time_of(wall_ns) : config_.custom_time;
  }
  if (checksum.known()) resource["crc32c"] = checksum.text;
  if (options.metadata) add_metadata_to(resource, *options.metadata);
  add_kept_to(resource, options);
  return dump(resource);
}

HttpRequest Requests::put(std::string_view name, const Body& body, const PutOptions& options, const Checksum& checksum,
                          std::int64_t wall_ns) const {
  Target target(uploads_);
  target.add("uploadType", "multipart").maybe("ifGenerationMatch", wanted_generation(options.when));
  target.maybe("kmsKeyName", config_.kms_key).maybe("userProject", config_.user_project);
  HttpRequest request = target.request("POST");
  request.add_header("content-type", std::string("multipart/related; boundary=").append(kBoundary));
  HttpRequest part;  // its content's own fields; fake-gcs-server believes these
  part.add_header("content-type", media_type_of(options));
  std::string head =
      std::string("--").append(kBoundary).append("\r\ncontent-type: application/json; charset=utf-8\r\n\r\n");
  head.append(put_fields(name, options, checksum, wall_ns)).append("\r\n--").append(kBoundary).append("\r\n");
  head.append(part.headers).append("\r\n");
  std::vector<Bytes> pieces{Bytes::copy_of(head)};
  pieces.insert(pieces.end(), body.pieces().begin(), body.pieces().end());
  pieces.push_back(Bytes::copy_of(std::string("\r\n--").append(kBoundary).append("--\r\n")));
  request.body = Body(std::move(pieces));
  return request;
}

HttpRequest Requests::remove(std::string_view name, std::string_view generation, std::string_view only_if) const {
  Target target(object(name));
  target.maybe("generation", generation).maybe("ifGenerationMatch", only_if);
  HttpRequest request = target.maybe("userProject", config_.user_project).request("DELETE");
  request.idempotent = !generation.empty() || !only_if.empty();
  return request;
}

HttpRequest Requests::remove_many(std::span<const std::string> names) const {
  HttpBatch batch;
  for (const std::string& name : names) batch.add("DELETE", remove(name).target);
  return batch.request(base_ + "/batch/storage/v1");
}

HttpRequest Requests::remove_versions(std::string_view name, std::span<const std::string> generations) const {
  HttpBatch batch;
  for (const std::string& generation : generations) batch.add("DELETE", remove(name, generation).target);
  return batch.request(base_ + "/batch/storage/v1");
}

HttpRequest Requests::list(const FlatQuery& query) const {
  Target target(objects_);
  target.maybe("prefix", query.prefix).maybe("pageToken", query.token).add("maxResults", std::to_string(query.limit));
  if (!query.recursive) target.add("delimiter", "/").add("includeFoldersAsPrefixes", "true");
  target.add("fields", query.names_only ? kNamed : kListed).maybe("userProject", config_.user_project);
  return target.request("GET");
}

HttpRequest Requests::list_versions(std::string_view name, std::string_view token, bool soft_deleted) const {
  Target target(objects_);
  target.add("prefix", name).maybe("pageToken", token).add("maxResults", "1000");
  target.add(soft_deleted ? "softDeleted" : "versions", "true").maybe("userProject", config_.user_project);
  return target.request("GET");
}

HttpRequest Requests::start_upload(std::string_view name, const PutOptions& options, std::int64_t wall_ns) const {
  Target target(uploads_);
  target.add("uploadType", "resumable").add("name", name).maybe("ifGenerationMatch", wanted_generation(options.when));
  target.maybe("kmsKeyName", config_.kms_key).maybe("userProject", config_.user_project);
  HttpRequest request = target.request("POST");
  request.add_header("content-type", "application/json; charset=utf-8");
  request.body = Bytes::copy_of(put_fields(name, options, {}, wall_ns));
  return request;
}

HttpRequest Requests::rewrite(const CopySource& source, std::string_view name, const PutOptions& options, bool replace,
                              std::string_view token) const {
  std::string path = base_ + "/storage/v1/b/" + encoded(source.bucket) + "/o/" + encoded(source.name) +
                     "/rewriteTo/b/" + encoded(config_.bucket) + "/o/" + encoded(name);
  Target target(std::move(path));
  target.maybe("sourceGeneration", source.generation).maybe("rewriteToken", token);
  target.maybe("ifGenerationMatch", wanted_generation(options.when));
  target.maybe("destinationKmsKeyName", config_.kms_key).maybe("userProject", config_.user_project);
  HttpRequest request = target.request("POST");
  Json resource = Json::object();
  if (replace) {
    if (!options.content_type.empty()) resource["contentType"] = options.content_type;
    if (options.metadata) add_metadata_to(resource, *options.metadata);
    add_kept_to(resource, options);
  }
  if (!config_.storage_class.empty()) resource["storageClass"] = config_.storage_class;
  set_json(resource, request);
  return request;
}

HttpRequest Requests::set_metadata(std::string_view name, const Metadata& before, const Metadata& after,
                                   std::string_view generation, std::string_view metageneration) const {
  Target target(object(name));
  target.maybe("ifGenerationMatch", generation).maybe("ifMetagenerationMatch", metageneration);
  HttpRequest request = target.maybe("userProject", config_.user_project).request("PATCH");
  Json fields = Json::object();
  for (const auto& [known, value] : before) fields[known] = nullptr;
  for (const auto& [given, value] : after) fields[given] = value;
  set_json(Json{{"metadata", std::move(fields)}}, request);
  return request;
}

HttpRequest Requests::folder(std::string_view method, std::string_view name) const {
  return Target(bucket_ + "/folders/" + encoded(name)).maybe("userProject", config_.user_project).request(method);
}

HttpRequest Requests::make_folder(std::string_view name) const {
  HttpRequest request = Target(bucket_ + "/folders").maybe("userProject", config_.user_project).request("POST");
  set_json(Json{{"name", name}}, request);
  return request;
}

HttpRequest Requests::storage_layout() const {
  return Target(bucket_ + "/storageLayout").maybe("userProject", config_.user_project).request("GET");
}

}  // namespace genro::storage::gcs
