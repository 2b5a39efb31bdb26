// What an S3 mount is configured with, typed; and where its bucket answers.
// Used by the S3 backend and its client. It holds secrets: never print one.
#pragma once

#include <cstdint>
#include <string>

#include "backends/s3/checksum.h"
#include "genro/storage/backend.h"
#include "genro/storage/mount_options.h"
#include "net/http.h"
#include "net/uri.h"

namespace genro::storage::s3 {

enum class Addressing : unsigned char {
  automatic,     // virtual for AWS and names without dots, path else
  path,          // https://endpoint/bucket/key
  virtual_host,  // https://bucket.endpoint/key
};

struct Config {
  std::string bucket;
  std::string prefix;  // "" or ends with '/'
  std::string region;  // "" = found out
  bool anonymous = false;
  std::string access_key;  // "" = the chain of credential sources
  std::string secret_key;
  std::string session_token;
  std::string profile;
  std::string endpoint_url;  // "" = AWS
  Addressing addressing = Addressing::automatic;
  ChecksumAlgorithm checksum = ChecksumAlgorithm::crc64nvme;  // sent with what is stored
  bool checksum_may_fall = true;  // not asked for by name: given up for a server other than AWS that refuses it
  bool verify_downloads = true;
  bool sign_payload = false;  // SHA-256 of every body in its signature
  bool version_aware = true;
  std::uint64_t part_size = std::uint64_t{8} << 20;        // bytes, of uploads; grows with the object
  std::uint64_t single_copy_max = std::uint64_t{5} << 30;  // bytes; larger copies go in parts
  HttpOptions http;
};

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
inline constexpr Limits kLimits{.part_size_min = std::uint64_t{5} << 20,
                                .part_size_max = std::uint64_t{5} << 30,
                                .part_count_max = 10'000,
                                .single_put_max = std::uint64_t{5} << 30,
                                .remove_batch_max = 1000,
                                .concurrency = 16};

// Throws config with the key that is wrong.
Config parse_config(const MountOptions& options);

// Where the bucket answers for a region.
struct Address {
  HttpEndpoint endpoint;
  std::string base;  // what precedes "/key" in a path: "" or "/bucket", after the path of the endpoint's own URL
};
Address address_of(const Config& config, const std::string& region);

// Whether one server takes both for the same user, so that it can copy between them.
bool same_account(const Config& a, const Config& b) noexcept;

// Whether ETags can be MD5s at all: those of S3 Express buckets are not.
bool etags_are_md5(const Config& config) noexcept;

}  // namespace genro::storage::s3
