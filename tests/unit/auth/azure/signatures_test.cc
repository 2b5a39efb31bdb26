// Signatures against those that azure-storage-blob 12.31.1 makes of the same.
#include <gtest/gtest.h>

#include "auth/azure/sas.h"
#include "auth/azure/shared_key.h"
#include "codec/base64.h"
#include "genro/storage/error.h"

namespace genro::storage::azure {
namespace {

const std::string kKey = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

SharedKey key() { return *SharedKey::parse("account", kKey); }

TEST(SharedKeyTest, signs_a_request_as_the_sdk_does) {
  const std::string headers =
      "x-ms-version: 2023-11-03\r\nx-ms-date: Tue, 14 Nov 2023 22:13:20 GMT\r\nif-match: \"e\"\r\n"
      "x-ms-meta-a_b: 1\r\nx-ms-meta-a-b: 2\r\nx-ms-meta-ab: 3\r\nx-ms-meta-a0: 4\r\nx-ms-blob-type: BlockBlob\r\n"
      "Content-Type: text/plain\r\n";
  EXPECT_EQ(key().authorization("PUT", "/box/a%20b?comp=block&blockid=MDAwMQ%3D%3D", headers, 9),
            "SharedKey account:4lVM21bZ5eJ3T1htAkdY2nNy6fuDp57Pg/VNMV4yYaU=");
}

TEST(SharedKeyTest, what_is_signed_has_each_field_in_its_line) {
  EXPECT_EQ(text_to_sign("account", "GET", "/box?restype=container&comp=list&Prefix=a%2Fb&include=x&include=a",
                         "Range: bytes=0-4\r\nx-ms-date:  d \r\n", 0),
            "GET\n\n\n\n\n\n\n\n\n\n\nbytes=0-4\nx-ms-date:d\n/account/box\ncomp:list\ninclude:a,x\nprefix:a/b\n"
            "restype:container");
  EXPECT_EQ(text_to_sign("account", "PUT", "/account/box/f", "x-ms-date: d\r\n", 12),
            "PUT\n\n\n12\n\n\n\n\n\n\n\n\nx-ms-date:d\n/account/account/box/f");
}

TEST(SharedKeyTest, a_key_is_base64) {
  EXPECT_FALSE(SharedKey::parse("account", "not base64!"));
  EXPECT_FALSE(SharedKey::parse("account", ""));
}

TEST(SasTest, a_blob_is_shared_as_the_sdk_does) {
  SasGrant grant;
  grant.permissions = "r";
  grant.expires = sas_time(1'700'003'600LL * 1'000'000'000);
  EXPECT_EQ(service_sas(key(), "box/a b/\xc3\xbc.txt", grant),
            "se=2023-11-14T23%3A13%3A20Z&sp=r&sv=2023-11-03&sr=b&sig=SyxcqPOZKtMB2vyDCZvlE6htIUbriygSg%2B36o19fPH0%3D");
}

TEST(SasTest, all_that_can_be_said_is_signed_as_the_sdk_does) {
  SasGrant grant;
  grant.permissions = "cw";
  grant.starts = "2023-01-01T00:00:00Z";
  grant.expires = "2023-11-14T23:13:20Z";
  grant.addresses = "1.2.3.4";
  grant.protocol = "https";
  grant.resource = "bs";
  grant.moment = "2023-01-01T00:00:00.1234567Z";
  grant.content_disposition = "attachment; filename=x";
  grant.content_type = "text/csv";
  EXPECT_EQ(
      service_sas(key(), "box/f", grant),
      "st=2023-01-01T00%3A00%3A00Z&se=2023-11-14T23%3A13%3A20Z&sp=cw&sip=1.2.3.4&spr=https&sv=2023-11-03&sr=bs&"
      "rscd=attachment%3B%20filename%3Dx&rsct=text/csv&sig=3yG1y%2BJF0ak14di%2Bxu%2B0FyLjnw%2Bcu49QDTgFyGUtklY%3D");
}

TEST(SasTest, a_user_delegates_as_with_the_sdk) {
  SasGrant grant;
  grant.permissions = "r";
  grant.expires = "2023-11-14T23:13:20Z";
  DelegationKey key{"oid", "tid", "2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "b", "2023-11-03", kKey};
  EXPECT_EQ(delegation_sas("account", key, "box/f", grant),
            "se=2023-11-14T23%3A13%3A20Z&sp=r&sv=2026-04-06&sr=b&skoid=oid&sktid=tid&skt=2026-01-01T00%3A00%3A00Z&"
            "ske=2099-01-01T00%3A00%3A00Z&sks=b&skv=2023-11-03&sig=qyHDadLZS6OVqPjZol0Nq9WQRX2Tjl/bQ9wm5F/syes%3D");
  key.value = "nonsense!";
  EXPECT_THROW(delegation_sas("account", key, "box/f", grant), Error);
}

TEST(SasTest, what_a_signature_has_is_named_in_words_or_as_in_its_query) {
  SasGrant grant;
  EXPECT_TRUE(set_parameter("content_type", "text/csv", grant));
  EXPECT_TRUE(set_parameter("sip", "1.2.3.4", grant));
  EXPECT_EQ(grant.content_type, "text/csv");
  EXPECT_EQ(grant.addresses, "1.2.3.4");
  EXPECT_FALSE(set_parameter("colour", "red", grant));
  EXPECT_FALSE(set_parameter("sp", "rwd", grant));
}

TEST(DelegationKeyTest, half_a_key_is_none) {
  const std::string whole =
      "<UserDelegationKey><SignedOid>o</SignedOid><SignedExpiry>2023-11-21T22:13:20Z</SignedExpiry>"
      "<Value>a2V5</Value></UserDelegationKey>";
  EXPECT_EQ(parse_delegation_key(whole).value, "a2V5");
  EXPECT_EQ(parse_delegation_key(whole).expires, "2023-11-21T22:13:20Z");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(parse_delegation_key(whole.substr(0, size)), Error) << size;
  EXPECT_THROW(parse_delegation_key("<Other>" + whole + "</Other>"), Error);
  EXPECT_THROW(parse_delegation_key("<UserDelegationKey><Value>a2V5</Value></UserDelegationKey>"), Error);
}

}  // namespace
}  // namespace genro::storage::azure
