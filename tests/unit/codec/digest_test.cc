#include "codec/digest.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "codec/hex.h"

namespace genro::storage {
namespace {

template <class D>
std::string hex_of(std::string_view text) {
  return hex_encode(D::of(text));
}

TEST(Digest, gives_the_published_values) {  // RFC 1321 A.5, FIPS 180-2 appendices
  EXPECT_EQ(hex_of<Md5>(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(hex_of<Md5>("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(hex_of<Sha1>("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex_of<Sha256>("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_of<Sha256>("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Digest, in_pieces_equals_in_one_run_and_starts_afresh_after_finish) {
  const std::string text(100'000, 'x');
  Md5 md5;
  for (std::size_t at = 0; at < text.size(); at += 777) md5.update(std::string_view(text).substr(at, 777));
  EXPECT_EQ(md5.finish(), Md5::of(text));
  md5.update("message digest");
  EXPECT_EQ(md5.finish(), Md5::of("message digest"));
  EXPECT_EQ(md5.finish(), Md5::of(""));
}

TEST(HmacSha256, gives_the_values_of_rfc_4231) {
  EXPECT_EQ(hex_encode(HmacSha256(std::string(20, '\x0b')).mac("Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex_encode(HmacSha256("Jefe").mac("what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      hex_encode(HmacSha256(std::string(131, '\xaa')).mac("Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, one_key_serves_many_threads_at_once) {
  const HmacSha256 key("shared");
  const HmacSha256::Value expected = key.mac("message");
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (int& count : wrong) {
    threads.emplace_back([&key, &expected, &count] {
      for (int i = 0; i < 2000; ++i) count += key.mac("message") != expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) EXPECT_EQ(count, 0);
}

}  // namespace
}  // namespace genro::storage
