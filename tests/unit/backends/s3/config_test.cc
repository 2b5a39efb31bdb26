#include "backends/s3/config.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "backends/s3/options.h"
#include "genro/storage/error.h"

namespace genro::storage::s3 {
namespace {

Config parsed(ConfigMap values) { return parse_config(MountOptions("m", "s3", std::move(values), kS3Options)); }

std::string refused(ConfigMap values) {
  try {
    parsed(std::move(values));
  } catch (const Error& error) {
    return error.code() == ErrorCode::config ? error.message() : "another code";
  }
  return "accepted";
}

TEST(S3Config, keys_and_their_older_names) {
  const Config config =
      parsed({{"bucket", "b"}, {"prefix", "/a/b/"}, {"key", "K"}, {"secret", "S"}, {"region", "eu-west-1"}});
  EXPECT_EQ(config.prefix, "a/b/");
  EXPECT_EQ(config.access_key, "K");
  EXPECT_EQ(config.secret_key, "S");
  EXPECT_TRUE(config.version_aware);
  EXPECT_EQ(parsed({{"bucket", "b"}, {"base_path", "x"}, {"prefix", "y"}}).prefix, "x/");
}

TEST(S3Config, what_is_wrong_is_named_and_no_secret_is_told) {
  EXPECT_NE(refused({}).find("missing required field: 'bucket'"), std::string::npos);
  EXPECT_NE(refused({{"bucket", "b/../c"}}).find("'bucket'"), std::string::npos);
  EXPECT_NE(refused({{"bucket", "b"}, {"access_key", "K"}}).find("'secret_key'"), std::string::npos);
  EXPECT_NE(refused({{"bucket", "b"}, {"secret_key", "hush"}}).find("'access_key'"), std::string::npos);
  EXPECT_EQ(refused({{"bucket", "b"}, {"secret_key", "hush"}}).find("hush"), std::string::npos);
  EXPECT_NE(refused({{"bucket", "b"}, {"checksum", "md5"}}).find("'checksum'"), std::string::npos);
  EXPECT_NE(refused({{"bucket", "b"}, {"addressing_style", "x"}}).find("'addressing_style'"), std::string::npos);
  EXPECT_NE(refused({{"bucket", "b"}, {"part_size", 1}}).find("'part_size'"), std::string::npos);
  const std::string url = refused({{"bucket", "b"}, {"endpoint_url", "ftp://u:hush@h"}});
  EXPECT_NE(url.find("'endpoint_url'"), std::string::npos);
  EXPECT_EQ(url.find("hush"), std::string::npos);
}

TEST(S3Config, where_a_bucket_answers) {
  const auto address = [](ConfigMap values, const std::string& region) {
    values.emplace_back("bucket", "b.c");
    const Address found = address_of(parsed(std::move(values)), region);
    return found.endpoint.to_string() + found.base;
  };
  EXPECT_EQ(address({}, "eu-west-1"), "https://s3.eu-west-1.amazonaws.com:443/b.c");  // dots: no certificate covers it
  EXPECT_EQ(address({{"addressing_style", "virtual"}}, "cn-north-1"), "https://b.c.s3.cn-north-1.amazonaws.com.cn:443");
  EXPECT_EQ(address({{"endpoint_url", "http://h:9000/s3/"}}, "x"), "http://h:9000/s3/b.c");
  EXPECT_EQ(address({{"endpoint_url", "https://h"}, {"addressing_style", "virtual"}}, "x"), "https://b.c.h:443");
  const Address plain = address_of(parsed({{"bucket", "b"}}), "eu-west-1");
  EXPECT_EQ(plain.endpoint.to_string() + plain.base, "https://b.s3.eu-west-1.amazonaws.com:443");
}

}  // namespace
}  // namespace genro::storage::s3
