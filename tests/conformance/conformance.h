// The fixture of the conformance suite. A case is one body; it runs over every subject, on the calling thread and on the
// reactor. It skips by caps only. Paths are those that put() answers with: on content-addressed backends they are others.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "conformance/backend_under_test.h"
#include "genro/storage/backend.h"

namespace genro::storage::conformance {

enum class Driver { caller, reactor };

inline Bytes bytes(std::string_view text) { return Bytes::copy_of(text); }
/// Content in which every part is recognisable.
std::string pattern(std::size_t size, unsigned seed = 1);

template <class T>
Result<T> outcome_of(Task<T> task, Driver driver) {
  if (driver == Driver::caller) return std::move(task).result();
  std::promise<Result<T>> finished;
  std::move(task).start({}, [&](Result<T> value) { finished.set_value(std::move(value)); });
  return finished.get_future().get();
}

class Conformance : public ::testing::TestWithParam<std::tuple<BackendUnderTest, Driver>> {
 protected:
  void SetUp() override;
  void TearDown() override;
  Backend& backend() { return *backend_; }
  bool rootless() const { return rootless_; }
  const Caps& caps() { return backend_->caps(); }
  Driver driver() const { return std::get<1>(GetParam()); }
  bool can_be_named(const std::string& name) const {
    return name.find_first_of(std::get<0>(GetParam()).mistaken) == std::string::npos;
  }

  template <class T>
  T run(Task<T> task) {
    return outcome_of(std::move(task), driver()).take();
  }
  /// The code of the failure; fails the test when there is none.
  template <class T>
  std::optional<ErrorCode> failure(Task<T> task) {
    const Result<T> result = outcome_of(std::move(task), driver());
    if (result.ok()) return std::nullopt;
    return result.error().code();
  }

  /// Gives the path by which the content is found.
  std::string put(const std::string& path, std::string_view content, PutOptions options = {}) {
    return run(backend().put(path, Body(bytes(content)), std::move(options))).path;
  }
  std::string get(const std::string& path, ReadOptions options = {}) {
    return run(read_whole(backend(), path, std::move(options))).to_string();
  }
  std::optional<ErrorCode> read_failure(const std::string& path, ReadOptions options = {}) {
    return failure(read_whole(backend(), path, std::move(options)));
  }
  std::optional<Entry> stat(const std::string& path) { return run(backend().stat(path)); }
  /// All pages.
  std::vector<Entry> list(const std::string& path, bool recursive = false, std::uint32_t limit = 0);
  std::vector<std::string> names(const std::string& path, bool recursive = false, std::uint32_t limit = 0);
  /// read() and read_all() as one operation.
  static Task<Bytes> read_whole(Backend& backend, std::string path, ReadOptions options);

 private:
  std::unique_ptr<Fixture> fixture_;
  std::shared_ptr<Backend> backend_;
  bool rootless_ = false;  // what a layer calls the root is a folder only while something is in it
};

}  // namespace genro::storage::conformance

/// Ends the case, visibly, on a backend that cannot do what it is about.
#define GENRO_NEEDS(capability) \
  if (!caps().capability) GTEST_SKIP() << backend().protocol() << ": no " #capability
/// For cases about a root with nothing in it.
#define GENRO_NEEDS_ROOT() \
  if (rootless())          \
  GTEST_SKIP() << backend().protocol() << ": a folder below its root is there only while something is in it"
/// For cases about files that have names.
#define GENRO_NEEDS_NAMES() \
  if (caps().content_addressed) GTEST_SKIP() << backend().protocol() << ": content_addressed, no names"
