// Env: the seam between the engine and the world: clock, random numbers, files, network. Backends and the loop get one
// when they are made; tests pass their own to fail any call or to run in virtual time. Env::system() is the real one.
#pragma once

#include "core/clock.h"

namespace genro::storage {

class Files;    // core/files.h: the system calls of the local backend
class Network;  // core/network.h: name resolution and byte streams

struct Env {
  Clock* clock;
  Random* random;
  Files* files;
  Network* network;
  static Env& system() noexcept;  ///< Defined in loop/system_env.cc, where all four are known.
};

}  // namespace genro::storage
