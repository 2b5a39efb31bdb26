// A local fixture whose test sees, and fails, the system calls of the mounts that it makes on env_.
#pragma once

#include "fakes/hooked_files.h"
#include "local_fixture.h"
#include "loop/system_files.h"

namespace genro::storage::test {

class HookedLocalFixture : public LocalFixture {
 protected:
  ~HookedLocalFixture() override {
    backend_.reset();  // before the files that it uses
    files_.wait_until_closed();
  }
  HookedFiles files_{system_files()};
  Env env_{Env::system().clock, Env::system().random, &files_, Env::system().network};
};

}  // namespace genro::storage::test
