// What Azure's documents mean, good and bad.
#include <gtest/gtest.h>

#include "backends/azure/pages.h"
#include "backends/azure/upload.h"
#include "codec/base64.h"

namespace genro::storage::azure {
namespace {

const std::string kHead = "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"box\"><Blobs>";
const std::string kTail = "</Blobs><NextMarker>2!8</NextMarker></EnumerationResults>";

std::string blob(const std::string& name, const std::string& more = "", const std::string& properties = "") {
  return "<Blob><Name>" + name + "</Name><Properties><Last-Modified>Tue, 14 Nov 2023 22:13:20 GMT</Last-Modified>" +
         "<Etag>0x1</Etag><Content-Length>0</Content-Length>" + properties + "</Properties>" + more + "</Blob>";
}

TEST(AzurePages, a_page_has_files_folders_and_where_the_next_one_begins) {
  const std::string folder = "<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata>";
  const ObjectPage page = parse_blob_page(
      kHead +
          blob("p/a&amp;b", "<Metadata><who>me</who></Metadata>",
               "<Content-MD5>1B2M2Y8AsgTpgAmY7PhCfg==</Content-MD5>") +
          blob("p/d", folder) + blob("p/n", "", "<ResourceType>directory</ResourceType>") +
          "<BlobPrefix><Name>p/d/</Name></BlobPrefix><BlobPrefix><Name>p/e/</Name></BlobPrefix>" + kTail,
      "p/");
  ASSERT_EQ(page.page.entries.size(), 4u);
  const Entry& first = page.page.entries[0];
  EXPECT_EQ(first.path, "a&b");
  EXPECT_EQ(first.etag, "0x1");
  EXPECT_EQ(first.md5, "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(first.mtime_ns, 1'700'000'000LL * 1'000'000'000);
  EXPECT_EQ(first.metadata->at("who"), "me");
  EXPECT_EQ(page.page.entries[1].path, "d");
  EXPECT_EQ(page.page.entries[2].path, "e");
  EXPECT_EQ(page.page.entries[3].path, "n");
  for (std::size_t i = 1; i < 4; ++i) EXPECT_TRUE(page.page.entries[i].is_directory());
  EXPECT_EQ(page.page.next_token, "2!8");
}

TEST(AzurePages, a_name_that_xml_cannot_carry_comes_encoded_and_says_so) {
  const std::string item =
      "<Blob><Name Encoded=\"true\">a%01%25</Name><Properties><Content-Length>1</Content-Length>"
      "</Properties></Blob>";
  EXPECT_EQ(parse_blob_page(kHead + item + kTail, "").page.entries[0].path, "a\x01%");
  EXPECT_EQ(parse_blob_page(kHead + blob("a%01") + kTail, "").page.entries[0].path, "a%01");
}

TEST(AzurePages, half_a_page_is_no_page) {
  for (const std::string& text :
       {kHead, kHead + "<Blob></Blob>" + kTail, kHead + "<Blob><Name>p/x</Name></Blob>" + kTail,
        kHead + blob("q/x") + kTail, std::string("<Error/>")}) {
    EXPECT_THROW(parse_blob_page(text, "p/"), Error) << text;
  }
}

TEST(AzurePages, versions_and_snapshots_are_those_of_the_blob_only) {
  const VersionPage page = parse_version_page(
      kHead + blob("f", "<Snapshot>2023-11-14T22:13:21.5Z</Snapshot>") +
          blob("f", "<VersionId>2023-11-14T22:13:22Z</VersionId>") +
          blob("f", "<VersionId>2023-11-14T22:13:23Z</VersionId><IsCurrentVersion>true</IsCurrentVersion>") +
          blob("f2") + kTail,
      "f");
  ASSERT_EQ(page.versions.size(), 3u);
  EXPECT_EQ(page.versions[0].version_id, "snapshot=2023-11-14T22:13:21.5Z");
  EXPECT_EQ(page.versions[0].last_modified_ns, 1'700'000'001'500'000'000LL);
  EXPECT_FALSE(page.versions[0].is_latest);
  EXPECT_FALSE(page.versions[1].is_latest);
  EXPECT_TRUE(page.versions[2].is_latest);
  EXPECT_TRUE(page.beyond);
}

TEST(AzurePages, blocks_have_names_and_sizes) {
  const std::vector<Block> blocks = parse_block_list(
      "<BlockList><CommittedBlocks><Block><Name>YQ==</Name><Size>5</Size></Block></CommittedBlocks></BlockList>");
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].id, "YQ==");
  EXPECT_EQ(blocks[0].size, 5u);
  EXPECT_THROW(parse_block_list("<BlockList><Block><Size>5</Size></Block></BlockList>"), Error);
}

TEST(AzureBlocks, names_are_of_one_length_and_differ_between_uploads) {
  EXPECT_EQ(block_id(1, 1).size(), block_id(UINT64_MAX, 50'000).size());
  EXPECT_NE(block_id(1, 1), block_id(2, 1));
  EXPECT_NE(block_id(1, 1), block_id(1, 2));
  EXPECT_EQ(base64_decode(block_id(255, 7)).value().size(), 24u);
}

}  // namespace
}  // namespace genro::storage::azure
