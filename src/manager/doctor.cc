#include "genro/storage/doctor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "core/env.h"
#include "genro/storage/manager.h"
#include "loop/before.h"
#include "loop/task_group.h"
#include "manager/doctor_advice.h"
#include "node/mount.h"

namespace genro::storage {
namespace {

constexpr double kWorstSkew = 60;  // seconds; servers refuse signatures that are five to fifteen minutes off
constexpr Duration kRemoveProbeWithin = std::chrono::seconds(10);
constexpr std::string_view kProbeContent = "genro-storage wrote this to try a mount. It can be removed.\n";

std::string hex_number(std::uint64_t number) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
  return text.data();
}

/// Whether the caller stopped the whole examination, which no finding may hide.
bool means_stopped(const Error& error) noexcept { return error.code() == ErrorCode::cancelled; }

bool says_already_there(const Error& error) noexcept {
  return error.code() == ErrorCode::precondition_failed || error.code() == ErrorCode::already_exists;
}

class Examination {
 public:
  Examination(Env& env, MountPointer mount, DoctorOptions options)
      : env_(env), mount_(std::move(mount)), options_(options) {
    probe_ = ".genro-doctor-" + hex_number(env_.random->next());
    content_ = std::string(kProbeContent) + hex_number(env_.random->next()) + "\n";
    diagnosis_.mount = mount_->name;
    diagnosis_.protocol = mount_->protocol;
    diagnosis_.place = mount_->base;
  }

  Task<Diagnosis> run() {
    until_ = env_.clock->now() + genro::storage::seconds(options_.within);
    Task<bool> reaching = reach();
    reached_ = co_await reaching;
    if (reached_) {
      Task<void> measuring = measure();
      co_await measuring;
      Task<void> writing = write();
      co_await writing;
    }
    co_return std::move(diagnosis_);
  }

 private:
  void start() { started_ = env_.clock->now(); }
  double elapsed() const { return std::chrono::duration<double>(env_.clock->now() - started_).count(); }
  void find(std::string_view check, Outcome outcome, std::string text, std::string_view advice = {}) {
    diagnosis_.findings.push_back({std::string(check), outcome, std::move(text), std::string(advice), elapsed()});
  }
  void skip(std::string_view check, std::string text) {
    diagnosis_.findings.push_back({std::string(check), Outcome::skipped, std::move(text), {}, 0});
  }
  /// Whether there is time for a check; else it is skipped.
  bool has_time_for(std::string_view check) {
    if (env_.clock->now() < until_) return true;
    skip(check, "out of time");
    return false;
  }
  /// Throws what stops all.
  void fail(std::string_view check, const std::exception_ptr& failure) {
    const Error error = Error::from(failure);
    if (means_stopped(error)) throw error;
    if (reached_ && error.code() == ErrorCode::timeout && env_.clock->now() >= until_) {
      find(check, Outcome::failed, "it had not ended when the time for all checks was over",
           "give the checks more time, or look for what makes the mount slow");
    } else {
      find(check, Outcome::failed, error.message(), advice_for(error.code()));
    }
  }
  template <class T>
  Task<T> timed(Task<T> task) {
    return before(until_, std::move(task));
  }

  /// The first call tells at once how far it came.
  Task<bool> reach() {
    start();
    std::exception_ptr failure;
    if (mount_->caps.list) {
      ListOptions one;
      one.limit = 1;
      Task<Page> listing = timed(mount_->backend->list("", one));
      const Result<Page> page = co_await listing.as_result();
      if (!page.ok()) failure = page.exception();
    } else {
      Task<std::optional<Entry>> looking = timed(mount_->backend->stat(probe_));
      Result<std::optional<Entry>> entry = co_await looking.as_result();
      if (!entry.ok()) failure = entry.exception();
    }
    constexpr std::array<std::string_view, 4> steps{"connects", "tls", "authenticates", "finds"};
    const bool remote = mount_->caps.remote;
    std::string_view failed = "finds";
    if (failure && remote) failed = check_of(Error::from(failure).code());
    for (const std::string_view step : steps) {
      if (failure && step == failed) {
        fail(step, failure);
        co_return false;
      }
      if (step == "tls") continue;  // what is not encrypted has none
      if (step == "finds") {
        if (mount_->caps.list)
          find(step, Outcome::ok, "its root is there");
        else
          skip(step, "without listings only its files could tell");
      } else if (remote) {
        find(step, Outcome::ok, step == "connects" ? "the server answers" : "the server lets this mount in");
      }
    }
    if (mount_->caps.list) {
      find("lists", Outcome::ok, "the root can be listed");
    } else {
      skip("lists", "this protocol cannot list here");
    }
    co_return true;
  }

  Task<void> measure() {
    if (!has_time_for("latency")) co_return;
    std::array<double, 5> times{};
    for (double& time : times) {
      start();
      Task<std::optional<Entry>> looking = timed(mount_->backend->stat(probe_));
      Result<std::optional<Entry>> entry = co_await looking.as_result();
      if (!entry.ok()) {
        fail("latency", entry.exception());
        co_return;
      }
      occupied_ = occupied_ || entry.value().has_value();
      time = elapsed();
    }
    std::sort(times.begin(), times.end());
    diagnosis_.latency = times[2];
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.1f ms for one look at a file", times[2] * 1000);
    find("latency", Outcome::ok, text.data());
  }

  std::string why_no_probe() const {
    if (!options_.write) return "not asked for";
    if (!mount_->caps.write) return "this protocol is read-only";
    if (mount_->permission != Permission::remove) return "the mount's permission does not let a probe be removed again";
    if (occupied_) return "a file has the probe's name already, or this store claims that every file is there";
    if (!mount_->caps.remove || mount_->caps.content_addressed || mount_->base_by_prefix)
      return "a probe could not be removed again";
    return {};
  }

  Task<void> write() {
    if (std::string why = why_no_probe(); !why.empty()) {
      skip("writes", std::move(why));
      co_return;
    }
    if (!has_time_for("writes")) co_return;
    Task<void> probing = probe();
    const Result<void> probed = co_await probing.as_result();
    if (began_) {
      start();
      Task<void> removing = shielded(remove_probe(), kRemoveProbeWithin);
      const Result<void> removed = co_await removing.as_result();
      if (!probed.ok()) std::rethrow_exception(probed.exception());
      if (!removed.ok()) {
        fail("removes", removed.exception());
        diagnosis_.findings.back().advice += diagnosis_.findings.back().advice.empty() ? "" : "; ";
        diagnosis_.findings.back().advice += "remove " + probe_ + " by hand";
        co_return;
      }
      if (!began_) co_return;
      find("removes", Outcome::ok, "the probe is removed");
      if (!has_time_for("nothing left")) co_return;
      start();
      Task<std::optional<Entry>> looking = timed(mount_->backend->stat(probe_));
      Result<std::optional<Entry>> left = co_await looking.as_result();
      if (!left.ok()) {
        fail("nothing left", left.exception());
      } else if (left.value()) {
        find("nothing left", Outcome::failed, "the probe is still seen after its removal",
             "remove " + probe_ + " by hand");
      } else {
        find("nothing left", Outcome::ok, "the probe is gone");
      }
    }
    if (!probed.ok()) std::rethrow_exception(probed.exception());
  }

  /// What lies under the probe's name, if it is ours.
  Task<void> remove_probe() {
    if (maybe_others_) {
      Task<bool> comparing = is_ours();
      began_ = co_await comparing;
      if (!began_) co_return;
    }
    Task<void> removing = mount_->backend->remove(probe_);
    co_await removing;
  }

  /// By its content, which nobody else writes.
  Task<bool> is_ours() {
    bool has_checksum = false;
    Task<Bytes> reading = content(&has_checksum);
    Result<Bytes> bytes = co_await reading.as_result();
    if (bytes.ok()) co_return bytes.value().view() == content_;
    if (Error::from(bytes.exception()).code() != ErrorCode::not_found) std::rethrow_exception(bytes.exception());
    co_return false;
  }

  /// Nothing was there before: a server that stored the probe and lost its answer refuses the second try because of it.
  Task<bool> stored_nevertheless(Error refusal) {
    if (!says_already_there(refusal)) co_return false;
    maybe_others_ = true;
    Task<bool> comparing = timed(is_ours());
    Result<bool> ours = co_await comparing.as_result();
    if (!ours.ok()) {
      if (means_stopped(ours.error())) throw ours.error();
      co_return false;
    }
    began_ = ours.value();
    maybe_others_ = !began_;
    co_return began_;
  }

  Task<Entry> put(When when) {
    PutOptions options;
    options.when = std::move(when);
    return timed(mount_->backend->put(probe_, Body(Bytes::copy_of(content_)), std::move(options)));
  }

  /// From the first byte that is sent on the probe may be there, whatever the answer.
  Task<void> probe() {
    start();
    const bool conditional = mount_->caps.conditional_put || mount_->caps.checked_put;
    const std::int64_t sent = env_.clock->wall_ns();
    began_ = true;
    Task<Entry> putting = put(conditional ? When::if_absent() : When::always());
    const Result<Entry> stored = co_await putting.as_result();
    const std::int64_t answered = env_.clock->wall_ns();
    if (!stored.ok()) {
      Task<bool> comparing = stored_nevertheless(Error::from(stored.exception()));
      if (!co_await comparing) {
        fail("writes", stored.exception());
        co_return;
      }
    }
    find("writes", Outcome::ok, "a probe is stored");
    Task<void> reading = read_back();
    co_await reading;
    Task<void> dating = compare_clocks(sent, answered);
    co_await dating;
    Task<void> conditioning = try_condition();
    co_await conditioning;
  }

  Task<Bytes> content(bool* has_checksum) {
    Task<std::unique_ptr<Reader>> opening = mount_->backend->read(probe_, {});
    const std::unique_ptr<Reader> reader = co_await opening;
    *has_checksum = reader->checksum().has_value() || !reader->entry().md5.empty();
    Task<Bytes> reading = reader->read_all();
    co_return co_await reading;
  }

  Task<void> read_back() {
    if (!has_time_for("reads back")) co_return;
    start();
    bool has_checksum = false;
    Task<Bytes> reading = timed(content(&has_checksum));
    Result<Bytes> bytes = co_await reading.as_result();
    if (!bytes.ok()) {
      fail("reads back", bytes.exception());
      co_return;
    }
    if (bytes.value().view() != content_) {
      find("reads back", Outcome::failed, "other bytes came back than were stored", advice_for(ErrorCode::corrupt));
      co_return;
    }
    find("reads back", Outcome::ok, "the same bytes come back");
    if (has_checksum) {
      find("checksum", Outcome::ok, "a checksum of what is stored comes along");
    } else {
      skip("checksum", "nothing here tells a checksum of a content");
    }
  }

  /// By the time that the store gives what was written between two looks at our clock.
  Task<void> compare_clocks(std::int64_t sent, std::int64_t answered) {
    if (!mount_->caps.remote || !has_time_for("clock")) co_return;
    start();
    Task<std::optional<Entry>> looking = timed(mount_->backend->stat(probe_));
    Result<std::optional<Entry>> entry = co_await looking.as_result();
    if (!entry.ok()) {
      fail("clock", entry.exception());
      co_return;
    }
    if (!entry.value() || entry.value()->mtime_ns == Entry::kNoTime) {
      skip("clock", "the store gives its files no time");
      co_return;
    }
    const std::int64_t at = entry.value()->mtime_ns;
    const std::int64_t ahead = at - std::clamp(at, sent - 1'000'000'000, answered);  // stores cut to whole seconds
    const double skew = static_cast<double>(ahead) / 1e9;
    diagnosis_.clock_skew = skew;
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "the server's clock is %.0f s %s ours", std::abs(skew),
                  skew < 0 ? "behind" : "ahead of");
    if (std::abs(skew) > kWorstSkew) {
      find("clock", Outcome::warning, text.data(), "set the clock of this machine or of the server by NTP");
    } else {
      find("clock", Outcome::ok, std::abs(skew) < 1 ? "the server's clock and ours agree" : text.data());
    }
  }

  Task<void> try_condition() {
    if (!mount_->caps.conditional_put && !mount_->caps.checked_put) {
      skip("conditional put", "this protocol has none");
      co_return;
    }
    if (!has_time_for("conditional put")) co_return;
    start();
    Task<Entry> putting = put(When::if_absent());
    const Result<Entry> stored = co_await putting.as_result();
    if (stored.ok()) {
      find("conditional put", Outcome::warning, "the server ignores the condition that nothing be there yet",
           "of writers at one moment the last one wins here: do not rely on exclusive creation, or update the server");
      co_return;
    }
    const Error error = Error::from(stored.exception());
    if (!says_already_there(error)) {
      fail("conditional put", stored.exception());
      co_return;
    }
    find("conditional put", Outcome::ok,
         mount_->caps.conditional_put ? "a condition on what is there is kept to"
                                      : "conditions are compared before a write");
  }

  Env& env_;
  const MountPointer mount_;
  const DoctorOptions options_;
  std::string probe_;    // a name that nobody has
  std::string content_;  // and a content
  Diagnosis diagnosis_;
  TimePoint until_{};
  TimePoint started_{};
  bool reached_ = false;       // the first call was answered
  bool began_ = false;         // the probe may be there
  bool maybe_others_ = false;  // what is there may be somebody else's
  bool occupied_ = false;      // something was there before it
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
