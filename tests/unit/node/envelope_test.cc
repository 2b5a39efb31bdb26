#include "node/encryption/envelope.h"

#include <gmock/gmock.h>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kFirst = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
const std::string kSecondKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
constexpr std::uint64_t kNow = 1'700'000'000;

std::string domain_in(const Bytes& stored) {
  const auto header = envelope_header(stored.view());
  return header ? std::string(header->domain) : "none";
}

template <class F>
Error error_of(F body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no failure";
  return {ErrorCode::internal, ""};
}

TEST(Envelope, is_recognised_by_its_header_alone) {
  EXPECT_EQ(envelope_header("#GNRE1:\nx")->size, 8U);
  EXPECT_EQ(envelope_header("#GNRE1:\nx")->domain, "");
  EXPECT_EQ(envelope_header("#GNRE1:a-b_9\nx")->domain, "a-b_9");
  EXPECT_EQ(envelope_header("#GNRE1:" + std::string(64, 'a') + "\n")->size, 72U);
  for (const std::string& text :
       {std::string(), std::string("#GNRE1"), std::string("#GNRE1:"), std::string("#GNRE1:a"), std::string("#GNRE2:\n"),
        std::string("#GNRE1:A\n"), std::string("#GNRE1:a\r\n"), "#GNRE1:" + std::string(65, 'a') + "\n",
        "#GNRE1:" + std::string(200, 'a') + "\n", std::string(" #GNRE1:\n"), std::string("#GNRE1:\xc3\xa8\n")}) {
    EXPECT_FALSE(envelope_header(text)) << text;
  }
}

TEST(Envelope, what_was_sealed_opens_under_any_key_of_its_domain) {
  const KeySet before(kFirst);
  const KeySet after(kSecondKey + "," + kFirst);
  const Bytes plain = Bytes::copy_of("hello");
  const Bytes stored = make_envelope(before, "", kNow, plain);
  EXPECT_EQ(stored.size(), envelope_size("", 5));
  EXPECT_EQ(open_envelope(before, stored), plain);
  EXPECT_EQ(open_envelope(after, stored), plain);
  EXPECT_EQ(error_of([&] { open_envelope(before, make_envelope(after, "", kNow, plain)); }).code(),
            ErrorCode::undecryptable);
}

TEST(Envelope, other_content_comes_back_as_the_very_same_memory) {
  const Bytes plain = Bytes::copy_of("#GNRE1:Not one\n");
  EXPECT_EQ(open_envelope(KeySet(), plain).data(), plain.data());
}

TEST(Envelope, a_domain_without_keys_is_named) {
  const KeySet keys("acme:" + kFirst);
  EXPECT_EQ(domain_in(make_envelope(keys, "acme", kNow, Bytes())), "acme");
  const Error error = error_of([&] { make_envelope(keys, "partner", kNow, Bytes()); });
  EXPECT_EQ(error.code(), ErrorCode::missing_key);
  EXPECT_THAT(error.what(), HasSubstr("'partner' requires installed key material"));
  EXPECT_EQ(error_of([&] { open_envelope(keys, Bytes::copy_of("#GNRE1:\nx")); }).code(), ErrorCode::missing_key);
  EXPECT_EQ(error_of([&] { make_envelope(keys, "P", kNow, Bytes()); }).code(), ErrorCode::config);
}

TEST(KeySet, takes_entries_apart) {
  const KeySet keys(" b : " + kFirst + ",,a:" + kSecondKey + ", b:" + kSecondKey + "," + kFirst + ",");
  EXPECT_THAT(keys.domains(), ElementsAre("b", "a", ""));
  EXPECT_EQ(keys.default_domain(), "b");
  EXPECT_EQ(keys.require("b").size(), 2U);
  EXPECT_EQ(keys.require("").size(), 1U);
  EXPECT_THAT(KeySet().domains(), ElementsAre());
}

TEST(KeySet, refuses_what_is_no_key_without_repeating_it) {
  for (const std::string& text : {std::string(), std::string(" , "), std::string("short"), kFirst + "," + kFirst + "A",
                                  kFirst + ":acme", "Acme:" + kFirst}) {
    const Error error = error_of([&] { KeySet keys(text); });
    EXPECT_EQ(error.code(), ErrorCode::config) << text;
    EXPECT_THAT(error.what(), ::testing::Not(HasSubstr(kFirst.substr(0, 20))));
  }
}

TEST(KeyRing, an_operation_keeps_the_keys_that_it_began_with) {
  struct Fixed final : Clock {
    TimePoint now() noexcept override { return {}; }
    std::int64_t wall_ns() noexcept override { return 1'700'000'000'999'999'999; }
  } clock;
  KeyRing ring(clock);
  EXPECT_FALSE(ring.active());
  EXPECT_THAT(ring.keys()->domains(), ElementsAre());
  ring.replace(std::make_shared<KeySet>("old:" + kFirst));
  EXPECT_TRUE(ring.active());
  const KeySetPointer began = ring.keys();
  ring.replace(std::make_shared<KeySet>("new:" + kSecondKey));
  EXPECT_THAT(began->domains(), ElementsAre("old"));
  EXPECT_THAT(ring.keys()->domains(), ElementsAre("new"));
  EXPECT_EQ(ring.unix_seconds(), kNow);
}

}  // namespace
}  // namespace genro::storage
