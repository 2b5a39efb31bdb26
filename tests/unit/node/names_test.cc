#include <gtest/gtest.h>

#include "genro/storage/node.h"
#include "node/files/open_mode.h"
#include "node/mount.h"
#include "text/mimetype.h"
#include "text/utf8.h"

namespace genro::storage {
namespace {

Node at(std::string path) {
  auto mount = std::make_shared<Mount>(*detached_mount());
  mount->name = "m";
  return Node(nullptr, mount, std::move(path));
}

TEST(NodeNames, follow_pathlibs_rules) {
  struct Case {
    const char* path;
    const char* basename;
    const char* stem;
    const char* suffix;
    const char* ext;
  };
  const Case cases[] = {
      {"d/report.tar.gz", "report.tar.gz", "report.tar", ".gz", "gz"},
      {".profile", ".profile", ".profile", "", ""},
      {".cfg.ini", ".cfg.ini", ".cfg", ".ini", "ini"},
      {"name.", "name.", "name.", "", ""},
      {"a..b", "a..b", "a.", ".b", "b"},
      {"dir.d/file", "file", "file", "", ""},
      {"", "", "", "", ""},
  };
  for (const Case& expected : cases) {
    const Node node = at(expected.path);
    EXPECT_EQ(node.basename(), expected.basename) << expected.path;
    EXPECT_EQ(node.stem(), expected.stem) << expected.path;
    EXPECT_EQ(node.suffix(), expected.suffix) << expected.path;
    EXPECT_EQ(node.ext(), expected.ext) << expected.path;
  }
}

TEST(NodeNames, addresses_and_relatives) {
  const Node node = at("a/b/c.txt");
  EXPECT_EQ(node.fullpath(), "m:a/b/c.txt");
  EXPECT_EQ(node.dirname(), "m:a/b");
  EXPECT_EQ(node.parent().parent().parent().fullpath(), "m:");
  EXPECT_EQ(at("").parent().fullpath(), "m:");
  EXPECT_EQ(node.splitext(), (std::pair<std::string, std::string>("a/b/c", ".txt")));
  EXPECT_EQ(at("dir.d/file").splitext(), (std::pair<std::string, std::string>("dir.d/file", "")));
  EXPECT_EQ(at("").child("x//y/./z/").path(), "x/y/z");
  EXPECT_EQ(at("a").child("").path(), "a");
  EXPECT_EQ(at("").child("").path(), "");
}

TEST(NodeNames, a_child_never_leaves_its_mount) {
  for (const char* bad : {"..", "../x", "a/../../b", "a/.."}) {
    try {
      at("d").child(bad);
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_path);
      EXPECT_NE(error.message().find("Parent directory traversal"), std::string::npos);
    }
  }
  EXPECT_EQ(at("d").child("/abs").path(), "d/abs");
  EXPECT_EQ(at("d").child("..a").path(), "d/..a");
}

TEST(Mimetype, comes_from_the_extension_alone) {
  EXPECT_EQ(mimetype_of("index.HTML"), "text/html");
  EXPECT_EQ(mimetype_of("a.json"), "application/json");
  EXPECT_EQ(mimetype_of("x.tar.gz"), "application/x-tar");
  EXPECT_EQ(mimetype_of("x.tgz"), "application/x-tar");
  EXPECT_EQ(mimetype_of("x.gz"), "application/octet-stream");
  EXPECT_EQ(mimetype_of("x.txt.bz2"), "application/octet-stream");
  EXPECT_EQ(mimetype_of("data:text/html,"), "application/octet-stream");
  EXPECT_EQ(mimetype_of(".png"), "application/octet-stream");
  EXPECT_EQ(mimetype_of("a.averyveryverylongextension"), "application/octet-stream");
  EXPECT_EQ(mimetype_of("f.woff2"), "font/woff2");
  EXPECT_EQ(mimetype_of("f.ico"), "image/vnd.microsoft.icon");
  EXPECT_EQ(mimetype_of("f.docx"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
}

TEST(Utf8, knows_what_is_well_formed) {
  constexpr std::size_t kFine = std::string_view::npos;
  EXPECT_EQ(find_invalid_utf8(""), kFine);
  EXPECT_EQ(find_invalid_utf8(std::string(100, 'x') + "é☕😀" + std::string(100, 'y')), kFine);
  EXPECT_EQ(find_invalid_utf8("\xC0\xAF"), 0U);          // overlong
  EXPECT_EQ(find_invalid_utf8("ab\xE0\x80\x80"), 2U);    // overlong
  EXPECT_EQ(find_invalid_utf8("\xED\xA0\x80"), 0U);      // surrogate
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0U);  // beyond U+10FFFF
  EXPECT_EQ(find_invalid_utf8("\x80"), 0U);              // continuation alone
  EXPECT_EQ(find_invalid_utf8("abc\xE2\x98"), 3U);       // cut short
  EXPECT_EQ(find_invalid_utf8(std::string(70, 'x') + "\xFF"), 70U);
}

TEST(OpenMode, takes_what_pythons_open_takes) {
  EXPECT_FALSE(OpenMode::parse("r").writes());
  EXPECT_FALSE(OpenMode::parse("rb").writes());
  EXPECT_FALSE(OpenMode::parse("tr").writes());
  for (const char* mode : {"w", "wb", "a", "xb", "r+", "+r", "r+b", "rb+", "w+b", "wt", "at"}) {
    EXPECT_TRUE(OpenMode::parse(mode).writes()) << mode;
  }
  for (const char* mode : {"", "b", "+", "rw", "rr", "rbt", "z", "r ", "U", "wx", "r++"}) {
    EXPECT_THROW(OpenMode::parse(mode), Error) << mode;
  }
}

TEST(Capabilities, are_told_in_words) {
  Capabilities capabilities;
  EXPECT_EQ(capabilities.to_string(), "basic file operations");
  capabilities.versioning = capabilities.copy_optimization = capabilities.readonly = true;
  EXPECT_EQ(capabilities.to_string(), "versioning, server-side copy, read-only");
}

}  // namespace
}  // namespace genro::storage
