// The requests of the JSON API, as bytes: no network, no clock, no token.
// https://cloud.google.com/storage/docs/json_api/v1
// Used by the gcs backend. Names are octets, percent-encoded here and nowhere else.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/http/checksum.h"
#include "backend/http/flat_store.h"
#include "backends/gcs/config.h"
#include "genro/storage/options.h"
#include "net/http.h"

namespace genro::storage::gcs {

bool is_generation(std::string_view text) noexcept;
// Throws not_found for a version that no object can have: servers would call it an invalid argument. "" is none.
void require_generation(const std::string& version, std::string_view operation, const std::string& path);
// Throws precondition_failed when the content of an answer is not the one that was wanted; "" = any.
void require_same(const std::string& wanted, std::string_view generation, std::string_view operation,
                  const std::string& path);
// The only generation that a change may replace: "" = any, "0" = none, else that one. Throws precondition_failed for an etag
// that is no generation, which no object can have.
std::string wanted_generation(const When& when);

class Requests {
 public:
  explicit Requests(const Config& config);

  HttpRequest stat(std::string_view name, std::string_view generation = {}) const;
  // The range must not be empty. As it is stored, also when that is compressed.
  HttpRequest read(std::string_view name, const ReadOptions& options) const;
  // `body` is one piece of memory or several, `checksum` its CRC-32C.
  HttpRequest put(std::string_view name, const Body& body, const PutOptions& options, const Checksum& checksum,
                  std::int64_t wall_ns) const;
  // `generation`: this version is deleted for good. `only_if`: the current content, only if it is of this generation.
  HttpRequest remove(std::string_view name, std::string_view generation = {}, std::string_view only_if = {}) const;
  // At most 100 of them in one request, answered in a document of kind multipart/mixed.
  HttpRequest remove_many(std::span<const std::string> names) const;
  HttpRequest remove_versions(std::string_view name, std::span<const std::string> generations) const;

  HttpRequest list(const FlatQuery& query) const;
  HttpRequest list_versions(std::string_view name, std::string_view token, bool soft_deleted) const;

  // Begins an upload in parts; the answer's Location is where they go.
  HttpRequest start_upload(std::string_view name, const PutOptions& options, std::int64_t wall_ns) const;

  // A step of a copy by the server. All but the content is the source's, unless `options` have metadata or a media type.
  struct CopySource {
    std::string bucket;
    std::string name;
    std::string generation;
  };
  HttpRequest rewrite(const CopySource& source, std::string_view name, const PutOptions& options, bool replace,
                      std::string_view token) const;
  // Replaces the metadata: what `before` had and `after` has not is taken away. Only if nothing has changed since.
  HttpRequest set_metadata(std::string_view name, const Metadata& before, const Metadata& after,
                           std::string_view generation, std::string_view metageneration) const;

  // Of buckets with a hierarchical namespace: `name` ends in '/'.
  HttpRequest folder(std::string_view method, std::string_view name) const;
  HttpRequest make_folder(std::string_view name) const;
  // Whether it is such a bucket.
  HttpRequest storage_layout() const;

 private:
  std::string object(std::string_view name) const;
  std::string put_fields(std::string_view name, const PutOptions& options, const Checksum& checksum,
                         std::int64_t wall_ns) const;

  const Config& config_;
  std::string base_;     // of the server's own path
  std::string bucket_;   // "/storage/v1/b/BUCKET"
  std::string objects_;  // "/storage/v1/b/BUCKET/o"
  std::string uploads_;  // "/upload/storage/v1/b/BUCKET/o"
};

}  // namespace genro::storage::gcs
