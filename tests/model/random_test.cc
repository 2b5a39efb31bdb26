// Random operations against the model, on every backend with names. The seed is printed; GENRO_TEST_SEED repeats a run.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iostream>
#include <random>

#include "backends/protocols.h"
#include "core/env.h"
#include "core/path.h"
#include "loop/system_files.h"
#include "model/model.h"

namespace genro::storage::model {
namespace {

enum class Kind { memory, local, local_posix };
enum class Driver { caller, reactor };

class Random : public ::testing::TestWithParam<std::tuple<Kind, Driver>> {
 protected:
  void SetUp() override {
    const char* wish = std::getenv("GENRO_TEST_SEED");
    seed_ = wish ? static_cast<unsigned>(std::strtoul(wish, nullptr, 10)) : std::random_device()();
    std::cout << "GENRO_TEST_SEED=" << seed_ << "\n";
    random_.seed(seed_);
    folder_ = (std::filesystem::temp_directory_path() / "model-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    posix_ = Env{Env::system().clock, Env::system().random, &posix_files_, Env::system().network};
    const Kind kind = std::get<0>(GetParam());
    Env& env = kind == Kind::local_posix ? posix_ : Env::system();
    const std::string protocol = kind == Kind::memory ? "memory" : "local";
    // The whole tree of the process in one of the two runs, a part of it in the other.
    const bool whole = kind == Kind::memory && std::get<1>(GetParam()) == Driver::caller;
    ConfigMap config{{"base_path", whole ? "" : folder_}};
    if (kind != Kind::memory) config.emplace_back("durable", false);
    backend_ = find_protocol(protocol)->make({MountOptions("model", protocol, config), env});
    tree_.emplace(kind != Kind::memory);
  }
  void TearDown() override {
    if (std::get<0>(GetParam()) == Kind::memory) empty_memory();  // the next one begins with the same tree
    std::filesystem::remove_all(folder_);
  }
  void empty_memory() {
    ListOptions all;
    all.recursive = true;
    std::vector<std::string> paths;
    for (const Entry& entry : backend_->list("", all).get().entries) paths.push_back(entry.path);
    std::sort(paths.rbegin(), paths.rend());  // files before their folders
    for (const std::string& path : paths) backend_->remove(path).get();
  }

  template <class T>
  Result<T> outcome(Task<T> task) {
    if (std::get<1>(GetParam()) == Driver::caller) return std::move(task).result();
    std::promise<Result<T>> finished;
    std::move(task).start({}, [&](Result<T> value) { finished.set_value(std::move(value)); });
    return finished.get_future().get();
  }
  template <class T>
  Tree::Answer answer(Task<T> task) {
    const Result<T> result = outcome(std::move(task));
    if (result.ok()) return std::nullopt;
    return result.error().code();
  }
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }

  /// Few names, so that files, folders and what is below them meet.
  std::string any_path() {
    static const char* const kNames[] = {"a", "b", "c*", "\xc3\xa9 x"};
    std::string path = kNames[below(4)];
    for (std::size_t depth = below(3); depth > 0; --depth) path = path::join(path, kNames[below(4)]);
    return path;
  }
  std::string any_content() {
    static const std::size_t kSizes[] = {0, 1, 100, 4096, 70'000, 1'200'000};
    std::string content(kSizes[below(below(10) == 0 ? 6 : 4)], '\0');
    for (char& c : content) c = static_cast<char>(random_());
    return content;
  }
  /// What is under a file is missing, or its folder is no folder: backends may say either.
  static bool agree(Tree::Answer expected, Tree::Answer got) {
    if (expected == got) return true;
    return expected == ErrorCode::not_found && got == ErrorCode::not_directory;
  }

  void step();
  void check_file(const std::string& path);
  void check_folder(const std::string& path, bool recursive);

  unsigned seed_ = 0;
  std::mt19937 random_;
  std::string folder_;
  PosixFiles posix_files_;
  Env posix_{};
  std::shared_ptr<Backend> backend_;
  std::optional<Tree> tree_;
};

void Random::step() {
  const std::string path = any_path();
  const std::string other = any_path();
  const std::string content = any_content();
  const Body body(Bytes::copy_of(content));
  Tree::Answer expected;
  Tree::Answer got;
  std::string what;
  switch (below(9)) {
    case 0:
    case 1:
      what = "put " + path;
      expected = tree_->put(path, content);
      got = answer(backend_->put(path, body, {}));
      break;
    case 2:
      what = "append " + path;
      expected = tree_->append(path, content);
      got = answer(backend_->append(path, body));
      break;
    case 3:
    case 4:
      what = "remove " + path;
      expected = tree_->remove(path);
      got = answer(backend_->remove(path));
      break;
    case 5:
      what = "make_dir " + path;
      expected = tree_->make_dir(path);
      got = answer(backend_->make_dir(path));
      break;
    case 6:
      what = "copy " + path + " to " + other;
      expected = tree_->copy(path, other);
      got = answer(backend_->copy(path, other, {}));
      break;
    case 7:
      what = "rename " + path + " to " + other;
      expected = tree_->rename(path, other);
      got = answer(backend_->rename(path, other));
      break;
    default: check_folder(below(2) ? path : std::string(path::parent(path)), below(2) == 0); break;
  }
  EXPECT_TRUE(agree(expected, got)) << what << ": expected " << (expected ? to_string(*expected) : "success")
                                    << ", got " << (got ? to_string(*got) : "success");
  check_file(path);
  check_file(other);
}

void Random::check_file(const std::string& path) {
  const Result<std::optional<Entry>> seen = outcome(backend_->stat(path));
  ASSERT_TRUE(seen.ok()) << path << ": " << seen.error().what();
  const std::optional<Entry> entry = Result<std::optional<Entry>>(seen).take();
  ASSERT_EQ(entry.has_value(), tree_->is_file(path) || tree_->is_folder(path)) << path;
  Result<std::unique_ptr<Reader>> opened = outcome(backend_->read(path, {}));
  if (!tree_->is_file(path)) {
    ASSERT_FALSE(opened.ok()) << path;
    EXPECT_TRUE(agree(tree_->read(path), opened.error().code())) << path;
    return;
  }
  const std::string& expected = tree_->content(path);
  EXPECT_EQ(entry->size, expected.size());
  ASSERT_TRUE(opened.ok()) << opened.error().what();
  const std::unique_ptr<Reader> reader = std::move(opened).take();
  EXPECT_TRUE(outcome(reader->read_all()).take().view() == expected) << path;
  ReadOptions options;
  options.range.begin = below(expected.size() + 1);
  options.range.end = options.range.begin + below(5000);
  const std::unique_ptr<Reader> ranged = outcome(backend_->read(path, options)).take();
  const std::string part = expected.substr(options.range.begin, options.range.end - options.range.begin);
  EXPECT_TRUE(outcome(ranged->read_all()).take().view() == part) << path;
}

void Random::check_folder(const std::string& path, bool recursive) {
  std::multiset<std::string> found;
  ListOptions options;
  options.recursive = recursive;
  options.limit = static_cast<std::uint32_t>(below(6));
  do {
    const Result<Page> result = outcome(backend_->list(path, options));
    if (!tree_->is_folder(path)) {
      ASSERT_FALSE(result.ok()) << path;
      const ErrorCode expected = tree_->is_file(path) ? ErrorCode::not_directory : ErrorCode::not_found;
      EXPECT_TRUE(agree(expected, result.error().code())) << path;
      return;
    }
    ASSERT_TRUE(result.ok()) << result.error().what();
    Page page = Result<Page>(result).take();
    for (const Entry& entry : page.entries) {
      found.insert(entry.path);
      EXPECT_EQ(entry.is_file(), tree_->is_file(entry.path)) << entry.path;
      EXPECT_EQ(entry.is_directory(), tree_->is_folder(entry.path)) << entry.path;
    }
    options.token = std::move(page.next_token);
  } while (!options.token.empty());
  const std::set<std::string> expected = tree_->below(path, recursive);
  EXPECT_EQ(found, std::multiset<std::string>(expected.begin(), expected.end())) << path;
}

TEST_P(Random, operations_do_what_the_model_does) {
  for (int i = 0; i < 1500 && !HasFailure(); ++i) step();
  check_folder("", true);
  if (HasFailure()) std::cout << "repeat with GENRO_TEST_SEED=" << seed_ << "\n";
}

std::string test_name(const ::testing::TestParamInfo<std::tuple<Kind, Driver>>& info) {
  const char* const kinds[] = {"memory", "local", "local_posix"};
  return std::string(kinds[static_cast<int>(std::get<0>(info.param))]) +
         (std::get<1>(info.param) == Driver::caller ? "_by_caller" : "_by_reactor");
}
INSTANTIATE_TEST_SUITE_P(Backends, Random,
                         ::testing::Combine(::testing::Values(Kind::memory, Kind::local, Kind::local_posix),
                                            ::testing::Values(Driver::caller, Driver::reactor)),
                         test_name);

}  // namespace
}  // namespace genro::storage::model
