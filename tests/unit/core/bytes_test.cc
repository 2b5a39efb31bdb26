#include "genro/storage/bytes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

TEST(Bytes, copies_share_one_block) {
  const Bytes a = Bytes::copy_of("hello");
  const Bytes b = a;
  EXPECT_EQ(a.data(), b.data());
  EXPECT_EQ(b.view(), "hello");
}

TEST(Bytes, a_slice_outside_is_refused) {
  const Bytes bytes = Bytes::copy_of("hello");
  EXPECT_EQ(bytes.slice(1, 3).view(), "ell");
  EXPECT_THROW((void)bytes.slice(3, 3), Error);
  EXPECT_THROW((void)bytes.slice(6, 0), Error);
}

TEST(Bytes, foreign_memory_is_released_once_when_the_last_copy_goes) {
  static int released = 0;
  released = 0;
  static const char kText[] = "abc";
  {
    Bytes bytes = Bytes::view_of(std::as_bytes(std::span(kText, 3)), nullptr, [](void*) noexcept { ++released; });
    Bytes copy = bytes.slice(1, 1);
    bytes = Bytes();
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

TEST(BytesBuffer, keeps_its_content_when_it_grows_and_ends_with_a_nul) {
  BytesBuffer buffer(4);
  std::memcpy(buffer.data(), "wxyz", 4);
  buffer.grow(9U << 20);
  const Bytes bytes = std::move(buffer).freeze(4);
  EXPECT_EQ(bytes.view(), "wxyz");
  EXPECT_EQ(bytes.data()[4], std::byte{0});
}

TEST(Body, slices_span_pieces_without_copying) {
  const Bytes first = Bytes::copy_of("hello ");
  const Body body(std::vector<Bytes>{first, Bytes::copy_of(""), Bytes::copy_of("world")});
  EXPECT_EQ(body.size(), 11U);
  const Body part = body.slice(4, 4);
  EXPECT_EQ(part.flatten().view(), "o wo");
  EXPECT_EQ(part.pieces().front().data(), first.data() + 4);
  EXPECT_THROW((void)body.slice(4, 8), Error);
}

TEST(Body, of_a_file_that_became_shorter_is_refused) {
  std::FILE* file = std::tmpfile();
  ASSERT_EQ(ftruncate(fileno(file), 10), 0);
  const Body body(FileSpan{std::make_shared<const int>(fileno(file)), 2, 8});
  EXPECT_EQ(body.flatten().size(), 8U);
  ASSERT_EQ(ftruncate(fileno(file), 5), 0);
  try {
    (void)body.flatten();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::truncated);
  }
  std::fclose(file);
}

}  // namespace
}  // namespace genro::storage
