// CommitCheck: checks whether a write whose answer was lost took effect, by inspecting its target. Used by the retry
// layer only. If that check fails, the original error is reported.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "genro/storage/backend.h"

namespace genro::storage {

/// The target's entry when it holds exactly `body` (by stored MD5, else by comparing the bytes). Who wrote it stays unknown:
/// two writers of equal contents both count as the one who did.
Task<std::optional<Entry>> find_stored(Backend& backend, std::string path, Body body);

/// Whether `entry`, which was there a moment ago, holds exactly `body`.
Task<bool> is_stored(Backend& backend, std::string path, Entry entry, Body body);

struct CommitCheck {
  std::uint64_t size = 0;
  std::string etag;  ///< what it will have; "" = nobody knows
  std::int64_t began_wall_ns = 0;
};

/// The target's entry when it is what the upload makes: of its size, and with its etag or modified since it began.
Task<std::optional<Entry>> find_completed(Backend& backend, std::string path, CommitCheck check);

}  // namespace genro::storage
