#include "backends/s3/link_parameters.h"

#include <gtest/gtest.h>

namespace genro::storage::s3 {
namespace {

TEST(LinkParameters, have_the_names_of_the_sdks_or_their_own) {
  EXPECT_EQ(query_name("ResponseCacheControl"), "response-cache-control");
  EXPECT_EQ(query_name("ResponseContentDisposition"), "response-content-disposition");
  EXPECT_EQ(query_name("ResponseContentType"), "response-content-type");
  EXPECT_EQ(query_name("ResponseExpires"), "response-expires");
  EXPECT_EQ(query_name("VersionId"), "versionId");
  EXPECT_EQ(query_name("version_id"), "versionId");
  EXPECT_EQ(query_name("response-content-type"), "response-content-type");
  EXPECT_EQ(query_name("x-id"), "x-id");
}

}  // namespace
}  // namespace genro::storage::s3
