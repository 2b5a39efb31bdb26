// Runs one task either way a user can: on the calling thread, or started towards the library's reactor.
// Used by tests of behaviour that must be the same for both.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "genro/storage/task.h"

namespace genro::storage::test {

enum class Driver { caller, reactor };

inline const char* name_of(Driver driver) { return driver == Driver::caller ? "caller" : "reactor"; }

class BothDrivers : public ::testing::TestWithParam<Driver> {
 protected:
  template <class T>
  Result<T> outcome(Task<T> task) {
    if (GetParam() == Driver::caller) return std::move(task).result();
    std::promise<void> finished;
    std::optional<Result<T>> result;
    std::move(task).start({}, [&](Result<T> value) {
      result.emplace(std::move(value));
      finished.set_value();
    });
    finished.get_future().wait();
    return std::move(*result);
  }
  template <class T>
  T run(Task<T> task) {
    return outcome(std::move(task)).take();
  }
  template <class T>
  std::optional<ErrorCode> failure(Task<T> task) {
    const Result<T> result = outcome(std::move(task));
    if (result.ok()) return std::nullopt;
    return result.error().code();
  }
  template <class T>
  std::string message(Task<T> task) {
    const Result<T> result = outcome(std::move(task));
    return result.ok() ? "no failure" : result.error().what();
  }
};

}  // namespace genro::storage::test

#define GENRO_BOTH_DRIVERS(suite)                                                                         \
  INSTANTIATE_TEST_SUITE_P(                                                                               \
      drivers, suite,                                                                                     \
      ::testing::Values(::genro::storage::test::Driver::caller, ::genro::storage::test::Driver::reactor), \
      [](const auto& info) { return ::genro::storage::test::name_of(info.param); })
