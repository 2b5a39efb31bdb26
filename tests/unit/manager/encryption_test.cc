#include <gmock/gmock.h>

#include "genro/storage/manager.h"
#include "node/encryption/encryption.h"
#include "unit/both_drivers.h"

namespace genro::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kKeys =
    "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=,acme:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

class Encryption : public test::BothDrivers {
 protected:
  Encryption() {
    static int next = 0;
    const std::string place = "encryption_" + std::to_string(next++);
    storage_.configure({{{"name", "m"}, {"protocol", "memory"}, {"base_path", place}},
                        {{"name", "sealed"}, {"path", "m:"}, {"default_encrypted", "acme"}}});
    storage_.set_encryption_keys(kKeys);
    keyless_.configure({{{"name", "m"}, {"protocol", "memory"}, {"base_path", place}}});
  }
  ~Encryption() override { storage_.node("m:").remove().get(); }
  static WriteOptions as(Encrypted encrypted, bool skip = false) {
    WriteOptions options;
    options.encrypted = std::move(encrypted);
    options.skip_if_unchanged = skip;
    return options;
  }
  bool put(std::string_view address, std::string_view text, WriteOptions options = {}) {
    return run(storage_.node(address).write_bytes(Bytes::copy_of(text), std::move(options)));
  }
  std::string get(std::string_view address) { return run(storage_.node(address).read_bytes()).to_string(); }
  /// Without keys a file is opened as it is stored.
  std::string stored(std::string_view address) {
    File file = run(keyless_.node(address).open("rb"));
    return run(file.read_all()).to_string();
  }

  StorageManager storage_;
  StorageManager keyless_;
};

TEST_P(Encryption, a_write_says_how_it_is_stored_and_a_read_need_not_know) {
  EXPECT_TRUE(put("m:f", "hello", as(true)));
  EXPECT_THAT(stored("m:f"), StartsWith("#GNRE1:\ngAAAAA"));
  EXPECT_EQ(get("m:f"), "hello");
  EXPECT_TRUE(run(storage_.node("m:f").write_text("caffè", as("acme"))));
  EXPECT_THAT(stored("m:f"), StartsWith("#GNRE1:acme\n"));
  EXPECT_EQ(run(storage_.node("m:f").read_text()), "caffè");
  EXPECT_TRUE(put("m:f", "plain", as(false)));
  EXPECT_EQ(stored("m:f"), "plain");
}

TEST_P(Encryption, a_mounts_default_serves_writes_that_do_not_say) {
  EXPECT_EQ(storage_.mount_default_encrypted("sealed"), Encrypted("acme"));
  EXPECT_EQ(storage_.mount_default_encrypted("m"), Encrypted(false));
  EXPECT_EQ(storage_.mount_default_encrypted("none"), Encrypted(false));
  put("sealed:f", "x");
  EXPECT_THAT(stored("m:f"), StartsWith("#GNRE1:acme\n"));
  put("sealed:f", "x", as(false));
  EXPECT_EQ(stored("m:f"), "x");
}

TEST_P(Encryption, contents_large_and_small_survive) {
  for (const std::size_t size : {0U, 1U, 32'767U, 32'768U, 5'000'000U}) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i % 253);
    put("m:f", text, as(true));
    EXPECT_EQ(get("m:f"), text) << size;
  }
}

TEST_P(Encryption, an_unchanged_content_in_the_same_form_is_not_written_again) {
  EXPECT_TRUE(put("m:f", "x", as(true, true)));
  EXPECT_FALSE(put("m:f", "x", as(true, true)));
  EXPECT_TRUE(put("m:f", "x", as("acme", true)));
  EXPECT_FALSE(put("m:f", "x", as("acme", true)));
  EXPECT_TRUE(put("m:f", "x", as(false, true)));
  EXPECT_FALSE(put("m:f", "x", as(false, true)));
}

TEST_P(Encryption, ranges_are_of_the_plaintext) {
  put("m:f", "0123456789", as(true));
  const std::vector<Bytes> parts = run(storage_.node("m:f").read_ranges({{0, 2}, {4, 6}, {8, 20}}));
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].view(), "01");
  EXPECT_EQ(parts[1].view(), "45");
  EXPECT_EQ(parts[2].view(), "89");
  EXPECT_EQ(failure(storage_.node("m:f").read_ranges({{11, 20}})), ErrorCode::out_of_range);
  put("m:plain", "0123456789");
  const std::vector<Bytes> plain = run(storage_.node("m:plain").read_ranges({{4, 6}}));
  ASSERT_EQ(plain.size(), 1U);
  EXPECT_EQ(plain[0].view(), "45");
}

TEST_P(Encryption, a_stream_of_the_plaintext_serves_what_reads_piece_by_piece) {
  for (const bool sealed : {true, false}) {
    const std::string text(300'000, 'x');
    put("m:f", text, as(sealed));
    const Node node = storage_.node("m:f");
    std::unique_ptr<Reader> whole = run(open_plaintext(node.mount(), node.path(), {}));
    EXPECT_EQ(whole->size(), text.size());
    EXPECT_EQ(run(whole->read_all()).to_string(), text);
    std::unique_ptr<Reader> pieces = run(open_plaintext(node.mount(), node.path(), {}));
    std::string joined;
    std::vector<std::byte> buffer(1000);
    for (std::size_t count = 1; count != 0;) {
      count = run(pieces->read_into(buffer));
      joined.append(reinterpret_cast<const char*>(buffer.data()), count);
    }
    EXPECT_EQ(joined, text);
  }
  put("m:short", "x");
  const Node node = storage_.node("m:short");
  EXPECT_EQ(run(run(open_plaintext(node.mount(), node.path(), {}))->read_all()).to_string(), "x");
  EXPECT_EQ(failure(open_plaintext(node.mount(), "none", {})), ErrorCode::not_found);
}

TEST_P(Encryption, failures_name_the_place) {
  put("m:f", "#GNRE1:gone\nxx");
  EXPECT_EQ(failure(storage_.node("m:f").read_bytes()), ErrorCode::missing_key);
  EXPECT_THAT(message(storage_.node("m:f").read_bytes()), StartsWith("read m:f: "));
  put("m:f", "#GNRE1:\nxx");
  EXPECT_EQ(failure(storage_.node("m:f").read_bytes()), ErrorCode::undecryptable);
  EXPECT_THAT(message(storage_.node("m:f").write_bytes(Bytes(), as("none"))), StartsWith("write m:f: "));
  EXPECT_EQ(failure(storage_.node("m:").write_bytes(Bytes(), as(true))), ErrorCode::is_directory);
}

TEST_P(Encryption, without_any_key_a_ring_of_a_mount_is_empty) {
  StorageManager other;
  EXPECT_FALSE(other.encryption_active());
  EXPECT_THAT(storage_.encryption_domains(), ::testing::ElementsAre("", "acme"));
  const Bytes sealed = storage_.encrypt(Bytes::copy_of("x"), "acme").get();
  EXPECT_EQ(storage_.decrypt(sealed).get().view(), "x");
  EXPECT_THROW(other.decrypt(sealed).get(), Error);
  EXPECT_THROW(other.encrypt(Bytes()).get(), Error);
}

GENRO_BOTH_DRIVERS(Encryption);

}  // namespace
}  // namespace genro::storage
