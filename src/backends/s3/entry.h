// From the headers of S3's answers to an Entry.
// Used by the S3 backend. The ETag is given as an MD5 only where S3 documents that it is one.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "genro/storage/entry.h"
#include "net/http.h"

namespace genro::storage::s3 {

inline constexpr std::string_view kMetadataPrefix = "x-amz-meta-";

// The object of a GET or HEAD (200 or 206). Throws protocol when its size is not said.
Entry entry_of(const HttpHead& head, std::string path, bool etags_are_md5);

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
