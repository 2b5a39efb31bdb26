// The forms of connection strings that the portal, the SDKs and the emulator write.
#include "auth/azure/connection_string.h"

#include <gtest/gtest.h>

#include "genro/storage/error.h"

namespace genro::storage::azure {
namespace {

TEST(ConnectionStringTest, of_an_account_in_the_public_cloud) {
  const ConnectionString parsed = parse_connection_string(
      "DefaultEndpointsProtocol=https;AccountName=me;AccountKey=a+b/c==;EndpointSuffix=core.windows.net");
  EXPECT_EQ(parsed.account, "me");
  EXPECT_EQ(parsed.account_key, "a+b/c==");
  EXPECT_EQ(parsed.blob_endpoint, "https://me.blob.core.windows.net");
  EXPECT_EQ(parsed.sas, "");
}

TEST(ConnectionStringTest, of_another_cloud_in_any_case_with_spaces_and_a_semicolon_at_its_end) {
  const ConnectionString parsed = parse_connection_string(
      " accountname = me ; ACCOUNTKEY=eA==; defaultEndpointsProtocol=http;EndpointSuffix=core.chinacloudapi.cn; ");
  EXPECT_EQ(parsed.blob_endpoint, "http://me.blob.core.chinacloudapi.cn");
  EXPECT_EQ(parsed.account_key, "eA==");
}

TEST(ConnectionStringTest, of_a_shared_access_signature) {
  const ConnectionString parsed = parse_connection_string(
      "BlobEndpoint=https://me.blob.core.windows.net/;QueueEndpoint=https://q;SharedAccessSignature=?sv=1&sig=a%3D");
  EXPECT_EQ(parsed.account, "me");
  EXPECT_EQ(parsed.blob_endpoint, "https://me.blob.core.windows.net");
  EXPECT_EQ(parsed.sas, "sv=1&sig=a%3D");
  EXPECT_EQ(parse_connection_string("BlobEndpoint=https://me.blob.core.windows.net/?sv=1&sig=x").sas, "sv=1&sig=x");
}

TEST(ConnectionStringTest, of_the_emulator) {
  const ConnectionString here = parse_connection_string("UseDevelopmentStorage=true");
  EXPECT_EQ(here.account, "devstoreaccount1");
  EXPECT_EQ(here.account_key, kDevelopmentKey);
  EXPECT_EQ(here.blob_endpoint, "http://127.0.0.1:10000/devstoreaccount1");
  EXPECT_EQ(
      parse_connection_string("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite/").blob_endpoint,
      "http://azurite:10000/devstoreaccount1");
  EXPECT_EQ(parse_connection_string("BlobEndpoint=http://127.0.0.1:9/devstoreaccount1;AccountKey=eA==").account,
            "devstoreaccount1");
}

TEST(ConnectionStringTest, what_is_none_is_refused_without_being_shown) {
  for (const char* text : {"", "secret", "=secret", "AccountKey=secret", "UseDevelopmentStorage=false"}) {
    try {
      parse_connection_string(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::config);
      EXPECT_EQ(error.message().find("secret"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace genro::storage::azure
