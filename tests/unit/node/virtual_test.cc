// Virtual nodes and the other forms of a content, as C++ sees them. tests/python holds what the two faces share in detail.
#include <gtest/gtest.h>

#include "fakes/loopback_http.h"
#include "genro/storage/manager.h"
#include "unit/both_drivers.h"

namespace genro::storage {
namespace {

class Virtual : public test::BothDrivers {
 protected:
  Virtual() {
    storage_.configure({{{"name", "m"}, {"protocol", "memory"}, {"base_path", "virtual-test"}},
                        {{"name", "b"}, {"protocol", "base64"}}});
    run(storage_.node("m:").remove());
  }
  Node put(std::string_view address, std::string_view text) {
    Node node = storage_.node(address);
    run(node.write_bytes(Bytes::copy_of(text)));
    return node;
  }
  StorageManager storage_;
};

TEST_P(Virtual, sequence_reads_as_its_sources_at_that_moment) {
  Node a = put("m:a", "one");
  const Node b = put("m:b", "two");
  const Node both = storage_.iternode({a, b});
  EXPECT_TRUE(both.is_virtual());
  EXPECT_TRUE(both.detached());
  EXPECT_EQ(run(both.read_text()), "onetwo");
  run(a.write_text("1"));
  const Node copy = both;  // shares the content
  copy.append(a);
  both.extend({b, storage_.iternode({a})});
  EXPECT_EQ(run(copy.read_bytes()).to_string(), "1two1two1");
  EXPECT_EQ(failure(storage_.iternode({storage_.node("m:none")}).read_bytes()), ErrorCode::not_found);
}

TEST_P(Virtual, sequence_is_text_only_when_each_source_is) {
  const Node half = put("m:half", "\xc3");
  const Node rest = put("m:rest", "\xa9");
  EXPECT_EQ(run(storage_.iternode({half, rest}).read_bytes()).to_string(), "\xc3\xa9");
  EXPECT_EQ(failure(storage_.iternode({half, rest}).read_text()), ErrorCode::invalid_argument);
}

TEST_P(Virtual, sequence_refuses_to_hold_itself) {
  const Node outer = storage_.iternode({});
  const Node inner = storage_.iternode({storage_.diffnode(outer, outer)});
  EXPECT_THROW(outer.append(inner), Error);
  EXPECT_THROW(put("m:x", "").append(inner), Error);
  EXPECT_EQ(run(outer.read_text()), "");
}

TEST_P(Virtual, difference_is_a_unified_diff) {
  const Node a = put("m:a", "one\ntwo\n");
  const Node b = put("m:b", "one\n2\n");
  EXPECT_EQ(run(storage_.diffnode(a, b).read_text()), "--- m:a\n+++ m:b\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
  EXPECT_EQ(message(storage_.diffnode(a, put("m:c", std::string_view("\0", 1))).read_bytes()),
            "diff m:c: Cannot diff binary files");
}

TEST_P(Virtual, node_can_be_copied_to_a_place_and_not_written) {
  const Node it = storage_.iternode({put("m:a", "he"), put("m:b", "llo")});
  EXPECT_EQ(run(it.copy_to("m:d/out")).fullpath(), "m:d/out");
  EXPECT_EQ(run(storage_.node("m:d/out").read_text()), "hello");
  EXPECT_EQ(run(it.copy_to(storage_.node("b:"))).path(), "aGVsbG8=");
  EXPECT_EQ(message(storage_.node("m:a").copy_to(it)), "copy None:: Cannot write to virtual node");
  Node target = it;
  EXPECT_EQ(failure(target.write_text("x")), ErrorCode::invalid_argument);
  EXPECT_FALSE(run(it.exists()));
  EXPECT_EQ(failure(it.size()), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(it.md5hash()), ErrorCode::not_found);
  EXPECT_THROW(it.capabilities(), Error);
  EXPECT_THROW(it.child("x"), Error);
}

TEST_P(Virtual, nodes_are_equal_when_they_are_the_same) {
  const Node it = storage_.iternode({});
  const Node copy = it;
  EXPECT_EQ(it, copy);
  EXPECT_FALSE(it == storage_.iternode({}));
  EXPECT_FALSE(run(it.equals(storage_.iternode({}))));
}

TEST_P(Virtual, archives_begin_as_zip_and_come_out_the_same_in_both_ways) {
  put("m:d/a.txt", "A");
  put("m:d/e/b.txt", std::string(1 << 20, 'b'));
  const Bytes whole = run(storage_.node("m:d").zip());
  EXPECT_TRUE(whole.view().starts_with("PK\x03\x04"));
  EXPECT_LT(whole.size(), 5000U);
  EXPECT_EQ(run(run(storage_.node("m:d").zip_to("m:out.zip")).read_bytes()).to_string(), whole.to_string());
  EXPECT_EQ(run(storage_.iternode({}).zip()).size(), 22U);
  EXPECT_EQ(failure(storage_.node("m:none").zip()), ErrorCode::invalid_argument);
}

TEST_P(Virtual, base64_text_carries_a_media_type_when_asked) {
  const Node node = put("m:a.txt", "hello");
  EXPECT_EQ(run(node.to_base64()), "data:text/plain;base64,aGVsbG8=");
  EXPECT_EQ(run(node.to_base64("x/y")), "data:x/y;base64,aGVsbG8=");
  EXPECT_EQ(run(node.to_base64({}, false)), "aGVsbG8=");
}

TEST_P(Virtual, downloads_replace_the_content_or_leave_it) {
  test::LoopbackHttp server([](const test::FakeRequest& request) {
    return request.target == "/file" ? test::FakeAnswer{200, "hello"} : test::FakeAnswer{500, "sorry"};
  });
  Node node = put("m:x", "old");
  EXPECT_EQ(failure(node.fill_from_url(server.url() + "/broken")), ErrorCode::unavailable);
  EXPECT_EQ(run(node.read_text()), "old");
  run(node.fill_from_url(server.url() + "/file"));
  EXPECT_EQ(run(node.read_text()), "hello");
  Node path = storage_.node("b:");
  run(path.fill_from_url(server.url() + "/file"));
  EXPECT_EQ(path.path(), "aGVsbG8=");
  FetchOptions options;
  options.public_only = true;
  EXPECT_EQ(failure(node.fill_from_url(server.url() + "/file", options)), ErrorCode::permission_denied);
  EXPECT_EQ(failure(node.fill_from_url("ftp://x/")), ErrorCode::invalid_argument);
}

GENRO_BOTH_DRIVERS(Virtual);

}  // namespace
}  // namespace genro::storage
