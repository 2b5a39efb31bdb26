#include "genro/storage/doctor.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "genro/storage/manager.h"
#include "loop/offload.h"
#include "manager/doctor_advice.h"
#include "manager/doctor_checks.h"
#include "manager/doctor_probe.h"

namespace genro::storage {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;
constexpr std::uint64_t kLeastFree = 100 * kMebibyte;

bool is_scarce(std::uint64_t available, std::uint64_t capacity) noexcept {
  return available < kLeastFree || available < capacity / 100;
}

std::string free_of(std::uint64_t available, std::uint64_t capacity) {
  return std::to_string(available / kMebibyte) + " of " + std::to_string(capacity / kMebibyte) + " MiB are free";
}

class Examination {
 public:
  Examination(Env& env, MountPointer mount, DoctorOptions options)
      : checks_(env, std::move(mount), options), probe_(checks_) {}

  Task<Diagnosis> run() {
    Task<bool> reaching = reach();
    checks_.reached = co_await reaching;
    if (checks_.reached) {
      Task<void> measuring = measure();
      co_await measuring;
      Task<void> asking = look_at_space();
      co_await asking;
      Task<void> writing = probe_.write();
      co_await writing;
    }
    co_return std::move(checks_.diagnosis);
  }

 private:
  /// Makes the first call; its error code says which of the first checks failed.
  Task<bool> reach() {
    checks_.start();
    std::exception_ptr failure;
    if (checks_.mount->caps.list) {
      ListOptions one;
      one.limit = 1;
      Task<Page> listing = checks_.timed(checks_.mount->backend->list("", one));
      const Result<Page> page = co_await listing.as_result();
      if (!page.ok()) failure = page.exception();
    } else {
      Task<std::optional<Entry>> looking = checks_.timed(checks_.mount->backend->stat(probe_.path()));
      Result<std::optional<Entry>> entry = co_await looking.as_result();
      if (!entry.ok()) failure = entry.exception();
    }
    constexpr std::array<std::string_view, 4> steps{"connects", "tls", "authenticates", "finds"};
    const bool remote = checks_.mount->caps.remote;
    std::string_view failed = "finds";
    if (failure && remote) failed = check_of(Error::from(failure).code());
    for (const std::string_view step : steps) {
      if (failure && step == failed) {
        checks_.fail(step, failure);
        co_return false;
      }
      if (step == "tls") continue;  // what is not encrypted has none
      if (step == "finds") {
        if (checks_.mount->caps.list)
          checks_.find(step, Outcome::ok, "its root is there");
        else
          checks_.skip(step, "without listings only its files could tell");
      } else if (remote) {
        checks_.find(step, Outcome::ok, step == "connects" ? "the server answers" : "the server lets this mount in");
      }
    }
    if (checks_.mount->caps.list) {
      checks_.find("lists", Outcome::ok, "the root can be listed");
    } else {
      checks_.skip("lists", "this protocol cannot list here");
    }
    co_return true;
  }

  Task<void> measure() {
    if (!checks_.has_time_for("latency")) co_return;
    std::array<double, 5> times{};
    for (double& time : times) {
      checks_.start();
      Task<std::optional<Entry>> looking = checks_.timed(checks_.mount->backend->stat(probe_.path()));
      Result<std::optional<Entry>> entry = co_await looking.as_result();
      if (!entry.ok()) {
        checks_.fail("latency", entry.exception());
        co_return;
      }
      if (entry.value()) probe_.is_occupied();
      time = checks_.elapsed();
    }
    std::sort(times.begin(), times.end());
    checks_.diagnosis.latency = times[2];
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.1f ms for one look at a file", times[2] * 1000);
    checks_.find("latency", Outcome::ok, times[2] < 1e-4 ? "less than 0.1 ms for one look at a file" : text.data());
  }

  /// Of a folder of this machine whose place does not change.
  Task<void> look_at_space() {
    const Mount& mount = *checks_.mount;
    if (mount.permission == Permission::readonly || !mount.base.starts_with('/')) co_return;
    if (!checks_.has_time_for("free space")) co_return;
    checks_.start();
    std::error_code error;
    auto asking = offload([&] {
      const std::optional<std::string> folder = mount.backend->local_file("");
      return folder ? std::optional(std::filesystem::space(*folder, error)) : std::nullopt;
    });
    const auto asked = co_await asking;
    if (!asked) co_return;  // its files are not this machine's
    const auto& space = *asked;
    if (error || space.capacity == 0) {
      checks_.skip("free space", "the file system does not say");
      co_return;
    }
    const bool scarce = is_scarce(space.available, space.capacity);
    checks_.find("free space", scarce ? Outcome::warning : Outcome::ok, free_of(space.available, space.capacity),
                 scarce ? advice_for(ErrorCode::no_space) : "");
  }

  DoctorChecks checks_;
  DoctorProbe probe_;
};

Task<Diagnosis> examine(std::shared_ptr<ManagerState> state, MountPointer mount, DoctorOptions options) {
  Examination examination(state->env, std::move(mount), options);
  Task<Diagnosis> running = examination.run();
  co_return co_await running;
}

}  // namespace

Task<Diagnosis> StorageManager::doctor(std::string mount, DoctorOptions options) const {
  if (!(options.within > 0)) throw Error(ErrorCode::invalid_argument, "doctor", mount, "within must be positive");
  MountPointer found = state_->require(mount);
  return examine(state_, std::move(found), options);
}

}  // namespace genro::storage
