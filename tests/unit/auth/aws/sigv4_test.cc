#include "auth/aws/sigv4.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "codec/percent.h"

namespace genro::storage::sigv4 {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

std::string signature_of(const std::string& authorization) {
  return authorization.substr(authorization.find("Signature=") + 10);
}

// The examples of "Authenticating Requests: Using the Authorization Header" in the S3 API reference.
class S3Examples : public testing::Test {
 protected:
  static constexpr std::string_view kHost = "examplebucket.s3.amazonaws.com";
  const Identity identity_{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
  const Timestamp time_{sys_seconds{seconds{1369353600}}};  // 20130524T000000Z
  const SigningKey key_{identity_, time_.date(), "us-east-1", "s3"};
};

TEST_F(S3Examples, get_object_with_a_range) {
  const std::vector<Header> headers = {{"host", kHost},
                                       {"range", "bytes=0-9"},
                                       {"x-amz-content-sha256", kEmptyPayload},
                                       {"x-amz-date", time_.date_time()}};
  const Request request{"GET", "/test.txt", "", headers, kEmptyPayload};
  EXPECT_EQ(authorization(key_, time_, request),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(payload_hash(canonical_request(request)),
            "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
}

TEST_F(S3Examples, put_object) {
  const std::string hash = payload_hash("Welcome to Amazon S3.");
  EXPECT_EQ(hash, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
  const std::vector<Header> headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                                       {"host", kHost},
                                       {"x-amz-content-sha256", hash},
                                       {"x-amz-date", time_.date_time()},
                                       {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  const std::string path = "/" + percent_encode("test$file.text", PercentSet::path);
  EXPECT_EQ(authorization(key_, time_, {"PUT", path, "", headers, hash}),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
            "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST_F(S3Examples, get_bucket_lifecycle_and_list_in_any_order_of_headers) {
  const std::vector<Header> headers = {
      {"x-amz-date", time_.date_time()}, {"x-amz-content-sha256", kEmptyPayload}, {"host", kHost}};
  const std::string lifecycle = canonical_query({{"lifecycle", ""}});
  EXPECT_EQ(signature_of(authorization(key_, time_, {"GET", "/", lifecycle, headers, kEmptyPayload})),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  const std::string list = canonical_query({{"prefix", "J"}, {"max-keys", "2"}});
  EXPECT_EQ(signature_of(authorization(key_, time_, {"GET", "/", list, headers, kEmptyPayload})),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_F(S3Examples, presigned_get) {
  const std::vector<Header> headers = {{"host", kHost}};
  EXPECT_EQ(presigned_query(key_, time_, {"GET", "/test.txt", "", headers, kUnsignedPayload}, {}, 86400, ""),
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
            "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&"
            "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST_F(S3Examples, a_session_token_and_further_parameters_are_part_of_a_presigned_query) {
  const std::vector<Header> headers = {{"host", kHost}, {"content-type", "text/plain"}};
  const Request request{"PUT", "/test.txt", "", headers, kUnsignedPayload};
  const std::string query = presigned_query(key_, time_, request, {{"versionId", "a b"}}, 60, "to/ken");
  EXPECT_NE(query.find("X-Amz-Security-Token=to%2Fken&"), std::string::npos);
  EXPECT_NE(query.find("X-Amz-SignedHeaders=content-type%3Bhost&"), std::string::npos);
  EXPECT_NE(query.find("&versionId=a%20b&X-Amz-Signature="), std::string::npos);
  EXPECT_NE(query, presigned_query(key_, time_, request, {{"versionId", "a b"}}, 60, "other"));
}

// Cases of the published "Signature Version 4 Test Suite".
class Suite : public testing::Test {
 protected:
  std::string sign(std::string_view method, std::string_view path, const Parameters& parameters,
                   std::vector<Header> headers = {}, std::string_view body = "") {
    headers.push_back({"host", "example.amazonaws.com"});
    headers.push_back({"x-amz-date", time_.date_time()});
    const std::string query = canonical_query(parameters);
    return signature_of(authorization(key_, time_, {method, path, query, headers, payload_hash(body)}));
  }
  const Timestamp time_{sys_seconds{seconds{1440938160}}};  // 20150830T123600Z
  const SigningKey key_{
      {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""}, time_.date(), "us-east-1", "service"};
};

TEST_F(Suite, vanilla_requests) {
  EXPECT_EQ(sign("GET", "/", {}), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(sign("POST", "/", {}), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST_F(Suite, paths) {
  EXPECT_EQ(sign("GET", percent_encode("/ሴ", PercentSet::path), {}),
            "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
  EXPECT_EQ(sign("GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", {}),
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f");
  EXPECT_EQ(sign("GET", percent_encode("/example space/", PercentSet::path), {}),
            "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741");
}

TEST_F(Suite, queries_are_sorted_and_encoded) {
  EXPECT_EQ(sign("GET", "/", {{"Param2", "value2"}, {"Param1", "value1"}}),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  EXPECT_EQ(sign("GET", "/", {{"ሴ", "bar"}}), "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04");
  EXPECT_EQ(sign("GET", "/", {{"Param1", "value2"}, {"Param1", "Value1"}}),
            "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1");
}

TEST_F(Suite, headers_are_trimmed_joined_and_ordered) {
  EXPECT_EQ(sign("GET", "/", {}, {{"my-header1", " value1"}, {"my-header2", " \"a   b   c\""}}),
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
  EXPECT_EQ(sign("GET", "/", {}, {{"my-header1", "value2"}, {"my-header1", "value2"}, {"my-header1", "value1"}}),
            "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
}

TEST_F(Suite, a_form_body) {
  EXPECT_EQ(sign("POST", "/", {}, {{"content-type", "application/x-www-form-urlencoded"}}, "Param1=value1"),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST(SigningKeyCache, keeps_a_key_and_tells_every_ingredient_apart) {
  SigningKeyCache cache;
  const Identity identity{"AKID", "secret", ""};
  const auto key = cache.get(identity, "20130524", "us-east-1", "s3");
  EXPECT_EQ(cache.get(identity, "20130524", "us-east-1", "s3"), key);
  EXPECT_NE(cache.get(identity, "20130525", "us-east-1", "s3"), key);
  EXPECT_NE(cache.get(identity, "20130524", "eu-west-1", "s3"), key);
  EXPECT_NE(cache.get(identity, "20130524", "us-east-1", "sts"), key);
  EXPECT_NE(cache.get({"AKID", "rotated", ""}, "20130524", "us-east-1", "s3"), key);
  EXPECT_EQ(key->credential(), "AKID/20130524/us-east-1/s3/aws4_request");
  EXPECT_EQ(key->scope(), "20130524/us-east-1/s3/aws4_request");
}

TEST(SigningKeyCache, forgets_the_oldest_when_it_is_full_and_stays_right) {
  SigningKeyCache cache;
  for (int i = 0; i < 100; ++i) {
    const std::string region = "region-" + std::to_string(i);
    EXPECT_EQ(cache.get({"AKID", "secret", ""}, "20130524", region, "s3")->scope(),
              "20130524/" + region + "/s3/aws4_request");
  }
}

}  // namespace
}  // namespace genro::storage::sigv4
