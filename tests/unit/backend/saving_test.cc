// Contents saved in a file: whole, at every size around the edges of parts and pieces, or an error.
#include "backend/saving.h"

#include <gtest/gtest.h>

#include "backend/spill_file.h"
#include "codec/crc.h"
#include "fakes/fake_store.h"
#include "fakes/hooked_files.h"
#include "fakes/virtual_time.h"
#include "loop/system_files.h"

namespace genro::storage {
namespace {

using test::Trouble;

class SavingTest : public ::testing::Test {
 protected:
  static std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 1000) % 26);
    return text;
  }
  std::string saved(std::size_t size) {
    std::string text(size + 1, '\0');
    const long got = files.pread(*file, std::as_writable_bytes(std::span(text)), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }
  Result<std::uint64_t> save(const std::string& path, ReadOptions options = {}) {
    file = open_spill_file(files);
    const std::unique_ptr<Reader> reader = open_reader(store, path, std::move(options), limits).get();
    OpenFileSink sink(files, *file);
    return reader->save(sink).result();
  }
  test::HookedFiles files{system_files()};
  std::shared_ptr<const int> file;
  test::VirtualTime time;
  std::shared_ptr<test::FakeStore> store = std::make_shared<test::FakeStore>(time.clock());
  ReadLimits limits{1'000'000, 400'000, 4, 64'000};
};

TEST_F(SavingTest, AContentOfAnySizeIsWholeInTheFile) {
  constexpr std::size_t kPiece = 128 << 10;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kPiece - 1, kPiece, kPiece + 1, std::size_t{1'000'000},
                                 std::size_t{1'000'001}, std::size_t{1'200'000}, std::size_t{1'234'567}}) {
    const std::string content = pattern(size);
    store->store("object", Bytes::copy_of(content));
    EXPECT_EQ(save("object").take(), size);
    EXPECT_TRUE(saved(size) == content) << size;
    EXPECT_EQ(store->open_readers, 0);
  }
}

TEST_F(SavingTest, AContentOfAnotherSizeThanAnnouncedIsNotTakenForTheWhole) {
  store->store("object", Bytes::copy_of(pattern(100'000)));
  store->announces_more = 1;
  EXPECT_EQ(save("object").error().code(), ErrorCode::truncated);
  store->announces_more = std::uint64_t{0} - 1;
  EXPECT_EQ(save("object").error().code(), ErrorCode::protocol);
}

TEST_F(SavingTest, ARangeIsSavedFromTheBeginningOfTheFile) {
  const std::string content = pattern(3'000'000);
  store->store("object", Bytes::copy_of(content));
  ReadOptions options;
  options.range = {500'000, 2'500'001};
  EXPECT_EQ(save("object", options).take(), 2'000'001U);
  EXPECT_TRUE(saved(2'000'001) == content.substr(500'000, 2'000'001));
}

TEST_F(SavingTest, TheChecksumOfTheWholeIsCheckedOverItsParts) {
  const std::string content = pattern(1'500'000);
  store->store("object", Bytes::copy_of(content));
  const std::uint64_t right = Crc64Nvme::of(content);
  store->checksum = ContentChecksum{ContentChecksum::Kind::crc64nvme, right};
  EXPECT_TRUE(save("object").ok());
  store->checksum = ContentChecksum{ContentChecksum::Kind::crc64nvme, right ^ 1};
  EXPECT_EQ(save("object").error().code(), ErrorCode::corrupt);
}

TEST_F(SavingTest, AnObjectThatIsReplacedMeanwhileIsAnError) {
  store->store("object", Bytes::copy_of(pattern(2'000'000)));
  int reads = 0;
  store->decide = [&](std::string_view call, const std::string&) {
    if (call == "read" && ++reads == 4) store->store("object", Bytes::copy_of(std::string(2'000'000, '!')));
    return Trouble::none;
  };
  EXPECT_EQ(save("object").error().code(), ErrorCode::precondition_failed);
  EXPECT_EQ(store->open_readers, 0);
}

TEST_F(SavingTest, ADiskThatIsFullIsAnErrorThatSaysSo) {
  for (const std::size_t size : {std::size_t{500'000}, std::size_t{2'000'000}}) {
    store->store("object", Bytes::copy_of(pattern(size)));
    int writes = 0;
    files.set_hook(
        [&](const char* call) { return std::string_view(call) == "pwritev" && ++writes == 3 ? -ENOSPC : 0; });
    EXPECT_EQ(save("object").error().code(), ErrorCode::no_space);
    EXPECT_EQ(store->open_readers, 0);
    files.set_hook(nullptr);
  }
}

}  // namespace
}  // namespace genro::storage
