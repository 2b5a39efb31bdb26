// A store in virtual time whose calls fail as a test decides, behind the retry layer. For the tests of that layer.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "fakes/fake_store.h"
#include "fakes/virtual_time.h"
#include "layers/retry.h"

namespace genro::storage::test {

class SeededRandom final : public Random {
 public:
  std::uint64_t next() noexcept override { return engine_(); }

 private:
  std::mt19937_64 engine_{42};
};

class RetryTest : public testing::Test {
 protected:
  std::shared_ptr<Backend> mount(RetryOptions options = {}) { return with_retry(store, env, options); }
  std::size_t calls() const { return store->log.size(); }
  void fail(int first, Trouble trouble) {
    store->decide = [this, first, trouble](std::string_view call, const std::string&) {
      return call != "bytes" && static_cast<int>(calls()) <= first ? trouble : Trouble::none;
    };
  }
  VirtualTime time{Loop::Kind::reactor};
  SeededRandom random;
  Env env{&time.clock(), &random, nullptr, nullptr};
  std::shared_ptr<FakeStore> store = std::make_shared<FakeStore>(time.clock());
};

}  // namespace genro::storage::test
