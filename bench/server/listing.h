// The listing of the fixed-response S3 server: as many keys below "list/" as it was told, in pages that are made once.
// Used by objects.cc. A page lives as long as the listing, so that sending it copies nothing.
#pragma once

#include "request.h"
#include "response.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace fixed_s3 {

class Listing {
 public:
  explicit Listing(std::size_t keys) : keys_(keys) {}
  Response answer(const Request& request);

 private:
  std::string_view page(std::size_t first, std::size_t count, const std::string& encoding);

  std::size_t keys_;
  std::map<std::string, std::string> pages_;
};

}  // namespace fixed_s3
