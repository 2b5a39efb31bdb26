// What the fixed-response server answers as other stores than S3: Google's JSON API, Azure's Blob service, WebDAV. Contents and
// what is kept are those of objects.h, which asks this for all that differs. Used by objects.cc.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "request.h"
#include "response.h"

namespace fixed_s3 {

enum class Store { s3, gcs, azure, webdav };

// What a request is about. Paths: /BUCKET/KEY as S3 and Google's XML API; /storage/v1/b/BUCKET/o/KEY and the same below /upload
// and /download as Google's JSON API; /benchaccount/CONTAINER/BLOB as Azurite; /dav/KEY.
struct Target {
  Store store = Store::s3;
  std::string key;  // "" for the bucket
  bool upload = false;
};
Target target_of(const Request& request);

// The header fields of a content that only this store sends; whole lines.
std::string content_headers(Store store, std::size_t size);

// The name and the content of an upload by Google's JSON API.
struct CloudUpload {
  std::string name, content;
};
CloudUpload cloud_upload(const Request& request, std::string body);

// The answer to a write of `size` bytes.
Response stored_response(Store store, std::string_view key, std::size_t size);

// The JSON of an object, which Google's API answers with where no content is asked for.
Response object_resource(std::string_view key, std::size_t size);

// Listings of the folder list/, and what WebDAV says of one file.
class CloudPages {
 public:
  explicit CloudPages(std::size_t keys) : keys_(keys) {}
  Response list(Store store, const Request& request);
  Response resource(std::string_view path, std::size_t size) const;
  Response folder(std::string_view path) const;

 private:
  std::string page(Store store, std::size_t first, std::size_t end) const;

  std::size_t keys_;
  std::map<std::string, std::string> pages_;
};

}  // namespace fixed_s3
