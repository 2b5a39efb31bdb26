// Replays the corpus of one fuzz target, each file whole and cut short at a few places, as one test.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void replay(const std::string& input) {
  // A buffer of exactly this size, so that AddressSanitizer sees a read past the end.
  const std::string exact(input.data(), input.size());
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(exact.data()), exact.size());
}

TEST(Corpus, every_input_is_survived_whole_and_cut_short) {
  std::size_t files = 0;
  replay("");
  for (const auto& file : std::filesystem::directory_iterator(CORPUS_FOLDER)) {
    SCOPED_TRACE(file.path().filename().string());
    std::ifstream stream(file.path(), std::ios::binary);
    ASSERT_TRUE(stream.is_open());
    const std::string input{std::istreambuf_iterator<char>(stream), {}};
    replay(input);
    for (const std::size_t cut : {input.size() / 2, input.size() - input.size() / 8, input.size()}) {
      if (cut > 0) replay(input.substr(0, cut - 1));
    }
    ++files;
  }
  EXPECT_GT(files, 0U) << "no corpus in " << CORPUS_FOLDER;
}

}  // namespace
