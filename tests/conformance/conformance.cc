#include "conformance/conformance.h"

#include <algorithm>
#include <cstdlib>
#include <ostream>

namespace genro::storage::conformance {

std::string pattern(std::size_t size, unsigned seed) {
  std::string text(size, '\0');
  unsigned state = seed * 2654435761U + 1;
  for (char& c : text) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

void PrintTo(const BackendUnderTest& subject, std::ostream* stream) { *stream << subject.name; }

void Conformance::SetUp() {
  const BackendUnderTest& subject = std::get<0>(GetParam());
  if (!subject.missing.empty()) GTEST_SKIP() << subject.name << ": " << subject.missing;
  fixture_ = std::make_unique<Fixture>();
  backend_ = subject.make(*fixture_);
  rootless_ = subject.behind_layer && caps().list && !stat("");
}

void Conformance::TearDown() {
  if (!backend_) return;
  if (caps().list && caps().remove && (!rootless_ || stat(""))) {
    std::vector<Entry> left = list("", true);
    std::sort(left.begin(), left.end(),
              [](const Entry& a, const Entry& b) { return a.path > b.path; });  // files before their folders
    for (const Entry& entry : left) run(backend().remove(entry.path));
  }
  run(backend().close());
}

std::vector<Entry> Conformance::list(const std::string& path, bool recursive, std::uint32_t limit) {
  ListOptions options;
  options.recursive = recursive;
  options.limit = limit;
  if (recursive && failure(backend().list(path, options)) == ErrorCode::unsupported) {
    std::vector<Entry> entries = list(path, false, limit);  // such a backend is walked, by whoever uses it
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!entries[i].is_directory()) continue;
      for (Entry& entry : list(entries[i].path, false, limit)) entries.push_back(std::move(entry));
    }
    return entries;
  }
  std::vector<Entry> entries;
  do {
    Page page = run(backend().list(path, options));
    if (!page.next_token.empty() && page.next_token == options.token) {
      ADD_FAILURE() << "a token that repeats never ends";
      break;
    }
    for (Entry& entry : page.entries) entries.push_back(std::move(entry));
    options.token = std::move(page.next_token);
  } while (!options.token.empty());
  return entries;
}

std::vector<std::string> Conformance::names(const std::string& path, bool recursive, std::uint32_t limit) {
  std::vector<std::string> names;
  for (const Entry& entry : list(path, recursive, limit)) names.push_back(entry.path);
  std::sort(names.begin(), names.end());
  return names;
}

Task<Bytes> Conformance::read_whole(Backend& backend, std::string path, ReadOptions options) {
  Task<std::unique_ptr<Reader>> opening = backend.read(std::move(path), std::move(options));
  const std::unique_ptr<Reader> reader = co_await opening;
  Task<Bytes> reading = reader->read_all();
  Bytes content = co_await reading;
  co_return content;
}

namespace {

/// All backends, by both drivers. GENRO_TEST_SHORT=1 is for builds that differ only in how they were made, as those with
/// sanitizers do: what they judge is our code, so of the backends that differ in what servers answer the first that is
/// there stays, and servers are asked from the reactor only, where many threads of ours meet. Servers behind a layer are asked
/// from the reactor in any case: a layer does not know who drives it.
std::vector<std::tuple<BackendUnderTest, Driver>> runs() {
  const char* const asked = std::getenv("GENRO_TEST_SHORT");
  const bool is_short = asked && std::string_view(asked) == "1";
  const std::vector<BackendUnderTest> all = backends_under_test();
  const auto is_there = [&all](const std::string& name) {
    return std::any_of(all.begin(), all.end(),
                       [&](const auto& one) { return one.name == name && one.missing.empty(); });
  };
  std::vector<std::tuple<BackendUnderTest, Driver>> chosen;
  for (const BackendUnderTest& subject : all) {
    if (is_short && (subject.behind_layer || is_there(subject.twin))) continue;
    if (!subject.behind_layer && (!is_short || !subject.over_network)) chosen.emplace_back(subject, Driver::caller);
    chosen.emplace_back(subject, Driver::reactor);
  }
  return chosen;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Backends, Conformance, ::testing::ValuesIn(runs()), [](const auto& info) {
  return std::get<0>(info.param).name + (std::get<1>(info.param) == Driver::caller ? "_by_caller" : "_by_reactor");
});

}  // namespace genro::storage::conformance
