// Retry: repeats calls that failed transiently, where repeating is safe. Used by the manager in front of backends
// whose caps say transient_failures. Reads resume in the middle, parts of uploads are repeated alone, appends never.
// A conditional put that may have succeeded is looked up, not repeated blindly.
#pragma once

#include <memory>

#include "genro/storage/backend.h"
#include "layers/retry_policy.h"

namespace genro::storage {

std::shared_ptr<Backend> with_retry(std::shared_ptr<Backend> inner, Env& env, const RetryOptions& options = {});

}  // namespace genro::storage
