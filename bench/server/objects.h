// What the fixed-response S3 server answers: objects whose key names their size ("bucket/1024/anything"), a long listing,
// multipart uploads that are acknowledged and forgotten. As S3, or as one of the stores of clouds.h. Used by fixed_s3.cc.
// Keys below "kept/" are the exception: they are stored, so that a benchmark can check what a client really sent.
#pragma once

#include "clouds.h"
#include "listing.h"
#include "request.h"
#include "response.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace fixed_s3 {

// Connections: those that have not asked for these statistics themselves.
struct Statistics {
  std::size_t requests = 0, gets = 0, puts = 0, bytes_in = 0, bytes_out = 0, connections = 0, peak_connections = 0;
};

class Objects {
 public:
  Objects(std::size_t list_keys, bool checksums) : listing_(list_keys), pages_(list_keys), checksums_(checksums) {}

  // True if answer() needs the body's bytes; otherwise they may be thrown away as they come.
  static bool needs_body(const Request& request);

  // `body` is the whole body when needs_body() said so. HEAD responses carry no body.
  Response answer(const Request& request, std::string body);

  Statistics statistics;

 private:
  Response of_store(const Request& request, const Target& target, std::string body);
  Response of_webdav(const Request& request, const Target& target);
  std::optional<std::size_t> size_of(std::string_view key) const;
  Response get(const Request& request, std::string_view key);
  Response content(const Request& request, std::string_view key, std::string_view more);
  Response put(const Request& request, std::string_view key, std::string body);
  Response post(const Request& request, std::string_view key, const std::string& body);
  std::string checksum_header(std::size_t size);

  Listing listing_;
  CloudPages pages_;
  bool checksums_;
  std::map<std::string, std::string, std::less<>> kept_;
  std::map<std::string, std::map<int, std::string>, std::less<>> kept_parts_;
  std::map<std::size_t, std::string> checksums_by_size_;
};

}  // namespace fixed_s3
