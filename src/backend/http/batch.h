// HttpBatch: many requests without a body in one, as a document of kind multipart/mixed (RFC 2046) with a request in each part;
// its answer has an answer in each. Used by stores that delete many objects so: Google's (https://cloud.google.com/storage/docs/batch),
// Azure's (https://learn.microsoft.com/rest/api/storageservices/blob-batch).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace genro::storage {

class HttpBatch {
 public:
  /// One more request: its target, and "Name: value\r\n" lines.
  void add(std::string_view method, std::string_view target, std::string_view headers = {});
  std::size_t size() const noexcept { return size_; }
  /// All of them, as a POST to `target`. Called once.
  HttpRequest request(std::string target);

 private:
  std::string calls_;
  std::size_t size_ = 0;
};

struct BatchAnswer {
  HttpHead head;
  std::string body;
};

/// One for each of `count` requests, in the order in which they were added. `content_type`: of the answer, with its boundary.
/// Throws protocol when one is missing: whether it was done nobody can tell. Pure, over hostile text.
std::vector<BatchAnswer> parse_batch(std::string_view document, std::string_view content_type, std::size_t count);

}  // namespace genro::storage
