// start_thread: a detached thread that receives no signals (they belong to the caller's threads) and lives until exit.
// Used for the reactor and the helper threads; it must never call into a language runtime without that runtime's lock.
#pragma once

#include <functional>

namespace genro::storage {

void start_thread(std::function<void()> body);

}  // namespace genro::storage
