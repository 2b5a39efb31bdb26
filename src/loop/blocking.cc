#include "genro/storage/blocking.h"

#include "loop/offload.h"

namespace genro::storage::detail {

Task<void> run_blocking(std::function<void()> function) {
  auto running = offload([&function] { function(); });
  co_await running;
}

}  // namespace genro::storage::detail
