// From the headers of S3's answers to an Entry.
// Used by the S3 backend. The ETag is given as an MD5 only where S3 documents that it is one.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "genro/storage/entry.h"
#include "net/http.h"

namespace genro::storage::s3 {

// "bytes 2-5/10": what a 206 carries. `size` is that of the whole object.
struct ContentRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // one past the last byte
  std::uint64_t size = 0;
};
std::optional<ContentRange> parse_content_range(std::string_view text) noexcept;

// The size of the whole object of a GET or HEAD (200 or 206). Throws protocol when it is not said.
std::uint64_t object_size(const HttpHead& head);
// The object itself. Throws as above.
Entry entry_of(const HttpHead& head, std::string path, bool etags_are_md5);

// Some servers know no If-Match. Throws precondition_failed when the answer is of another version than `wanted`; "" = any.
void require_etag(const HttpHead& head, const std::string& wanted, const std::string& path);

// The headers of an object that it is to have again when it is written anew, names in lower case, and how many tags it has.
// An entry has them with its metadata (backend/kept.h).
Metadata kept_of(const HttpHead& head);
inline constexpr std::string_view kTagCount = "x-amz-tagging-count";

// The object that a PUT or a finished upload has made.
Entry stored_entry(const HttpHead& head, std::string path, std::uint64_t size, bool etags_are_md5);

// The MD5 in an ETag without quotes, or "": 32 hexadecimal digits ("…-3" is multipart), of an object that is not
// encrypted with KMS or a customer's key. Buckets of S3 Express never have one: their `etags_are_md5` is false.
std::string md5_of(std::string_view etag, const HttpHead& head, bool etags_are_md5);

}  // namespace genro::storage::s3
