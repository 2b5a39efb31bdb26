// What a program that was linked with the static library, as this one, is told when it loads a backend. What loads is tested in
// tests/loadable.
#include "backends/loadable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

TEST(LoadProtocol, needs_a_program_in_which_backends_find_the_library) {
  try {
    load_protocol("/proc/self/exe");
    ADD_FAILURE() << "something was loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::config);
    EXPECT_THAT(error.message(), testing::HasSubstr("link genro::storage_shared"));
  }
}

}  // namespace
}  // namespace genro::storage
