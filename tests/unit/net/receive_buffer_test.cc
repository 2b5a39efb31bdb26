#include "net/receive_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <thread>

#include "core/sanitized.h"

namespace genro::storage {
namespace {

void receive(ReceiveBuffer& buffer, std::string_view text) {
  while (!text.empty()) {
    const iovec room = buffer.room();
    const std::size_t size = std::min(room.iov_len, text.size());
    std::memcpy(room.iov_base, text.data(), size);
    buffer.filled(size);
    text.remove_prefix(size);
  }
}

TEST(ReceiveBuffer, gives_what_came_in_order_whatever_was_used_between) {
  ReceiveBuffer buffer;
  receive(buffer, "head body");
  buffer.consume(5);
  EXPECT_EQ(buffer.view(), "body");
  receive(buffer, " and more");
  EXPECT_EQ(buffer.view(), "body and more");
  buffer.consume(buffer.size());
  EXPECT_TRUE(buffer.empty());
  receive(buffer, "next");
  EXPECT_EQ(buffer.view(), "next");
}

TEST(ReceiveBuffer, grows_for_what_is_longer_than_its_usual_memory_and_keeps_every_byte) {
  std::string text;
  while (text.size() < 3 * ReceiveBuffer::kUsual) text += std::to_string(text.size()) + ' ';
  ReceiveBuffer buffer;
  receive(buffer, text.substr(0, 100));
  buffer.consume(10);
  receive(buffer, text.substr(100));
  EXPECT_EQ(buffer.view(), std::string_view(text).substr(10));
}

TEST(ReceiveBuffer, always_has_room_for_more) {
  ReceiveBuffer buffer;
  for (std::size_t filled = 0; filled <= 4 * ReceiveBuffer::kUsual;) {
    const iovec room = buffer.room();
    ASSERT_GT(room.iov_len, 0U);
    buffer.filled(room.iov_len);
    filled += room.iov_len;
    EXPECT_EQ(buffer.size(), filled);
  }
}

TEST(ReceiveBuffer, lends_its_memory_to_the_next_one_of_the_thread_once_it_is_empty) {
  if (kSanitized) GTEST_SKIP() << "nothing is kept back under a sanitizer";
  ReceiveBuffer one;
  ReceiveBuffer other;
  receive(one, "answer");
  const void* const memory = one.view().data();
  one.consume(6);
  EXPECT_EQ(other.room().iov_base, memory);
  other.filled(0);  // nothing came
  EXPECT_EQ(one.room().iov_base, memory);
  one.filled(0);
}

TEST(ReceiveBuffer, two_that_hold_something_share_nothing) {
  ReceiveBuffer one;
  ReceiveBuffer other;
  receive(one, "one");
  receive(other, "other");
  EXPECT_EQ(one.view(), "one");
  EXPECT_EQ(other.view(), "other");
}

TEST(ReceiveBuffer, may_be_emptied_by_another_thread_than_filled_it) {
  ReceiveBuffer buffer;
  receive(buffer, "from here");
  std::thread([&buffer] {
    buffer.consume(buffer.size());
    receive(buffer, "from there");
  }).join();
  EXPECT_EQ(buffer.view(), "from there");
}

}  // namespace
}  // namespace genro::storage
