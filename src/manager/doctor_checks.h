// DoctorChecks: what an examination has found out so far, and the time that it has left. Shared by its parts, doctor.cc and
// doctor_probe.cc. Everything here belongs to the thread that drives the examination.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "core/env.h"
#include "genro/storage/doctor.h"
#include "genro/storage/error.h"
#include "loop/before.h"
#include "node/mount.h"

namespace genro::storage {

/// Whether the caller stopped the whole examination, which no finding may hide.
inline bool means_stopped(const Error& error) noexcept { return error.code() == ErrorCode::cancelled; }

struct DoctorChecks {
  DoctorChecks(Env& world, MountPointer examined, DoctorOptions wanted);

  Env& env;
  const MountPointer mount;
  const DoctorOptions options;
  Diagnosis diagnosis;
  TimePoint until{};     ///< No check begins later.
  bool reached = false;  ///< The first call was answered.

  /// A check begins.
  void start() { started_ = env.clock->now(); }
  /// Seconds since then.
  double elapsed() const { return std::chrono::duration<double>(env.clock->now() - started_).count(); }
  void find(std::string_view check, Outcome outcome, std::string text, std::string_view advice = {});
  void skip(std::string_view check, std::string text);
  /// Whether there is time for a check; else it is skipped.
  bool has_time_for(std::string_view check);
  /// Throws what stops all.
  void fail(std::string_view check, const std::exception_ptr& failure);
  template <class T>
  Task<T> timed(Task<T> task) {
    return before(until, std::move(task));
  }

 private:
  TimePoint started_{};
};

}  // namespace genro::storage
