// What StorageManager::doctor() finds out about a mount: one finding for each thing that was tried, in the order it was tried.
// Plain data. No text holds a key, a password, a token or a signed address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace genro::storage {

enum class Outcome : std::uint8_t {
  ok,
  warning,  ///< The mount works, with something that its users should know.
  failed,
  skipped,  ///< Not tried: the text says why.
};

struct Finding {
  std::string check;  ///< "authenticates"
  Outcome outcome = Outcome::skipped;
  std::string text;    ///< What was seen, in plain words.
  std::string advice;  ///< What to change; "" when nothing has to be.
  double seconds = 0;  ///< How long it took.
};

struct Diagnosis {
  std::string mount;
  std::string protocol;
  std::string place;  ///< Where the mount was configured to stand: "bucket/prefix", a folder; "" when unknown.
  std::vector<Finding> findings;
  std::optional<double>
      clock_skew;                 ///< Seconds that the server's clock is ahead of ours; stores date by whole seconds.
  std::optional<double> latency;  ///< Seconds of one look at a file, the median of five.
  bool ok() const noexcept {
    for (const Finding& finding : findings) {
      if (finding.outcome == Outcome::failed) return false;
    }
    return true;
  }
};

struct DoctorOptions {
  bool write = true;  ///< Whether a probe file may be written, and removed again.
  double within =
      60;  ///< Seconds that all checks together may take. The one that they end in fails, the others are skipped.
};

}  // namespace genro::storage
