// DoctorProbe: the file that an examination writes, reads back and removes again, whatever happens meanwhile.
// Used by doctor.cc alone.
#pragma once

#include <string>

#include "genro/storage/backend.h"
#include "genro/storage/task.h"
#include "manager/doctor_checks.h"

namespace genro::storage {

class DoctorProbe {
 public:
  explicit DoctorProbe(DoctorChecks& checks);
  const std::string& path() const noexcept { return probe_; }
  /// Something is there already.
  void is_occupied() noexcept { occupied_ = true; }
  /// All checks that need it, or why there is none. Throws what stops the examination, after the probe was removed.
  Task<void> write();

 private:
  std::string why_no_probe() const;
  Task<void> write_and_read();
  Task<void> remove_probe();
  Task<bool> is_ours();
  Task<bool> stored_nevertheless(Error refusal);
  Task<Entry> put(When when);
  Task<Bytes> content(bool* has_checksum);
  Task<void> read_back();
  Task<void> compare_clocks(std::int64_t sent, std::int64_t answered);
  Task<void> try_condition();

  DoctorChecks& checks_;
  const std::string probe_;    // a name that nobody has
  const std::string content_;  // and a content
  bool began_ = false;         // the probe may be there
  bool maybe_others_ = false;  // what is there may be somebody else's
  bool occupied_ = false;      // something was there before it
};

}  // namespace genro::storage
