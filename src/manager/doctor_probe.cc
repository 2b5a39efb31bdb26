#include "manager/doctor_probe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "loop/task_group.h"
#include "manager/doctor_advice.h"

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

bool says_already_there(const Error& error) noexcept {
  return error.code() == ErrorCode::precondition_failed || error.code() == ErrorCode::already_exists;
}

}  // namespace

DoctorProbe::DoctorProbe(DoctorChecks& checks)
    : checks_(checks),
      probe_(".genro-doctor-" + hex_number(checks.env.random->next())),
      content_(std::string(kProbeContent) + hex_number(checks.env.random->next()) + "\n") {}

std::string DoctorProbe::why_no_probe() const {
  if (!checks_.options.write) return "not asked for";
  if (!checks_.mount->caps.write) return "this protocol is read-only";
  if (checks_.mount->permission != Permission::remove)
    return "the mount's permission does not let a probe be removed again";
  if (occupied_) return "a file has the probe's name already, or this store claims that every file is there";
  if (!checks_.mount->caps.remove || checks_.mount->caps.content_addressed || checks_.mount->base_by_prefix)
    return "a probe could not be removed again";
  return {};
}

Task<void> DoctorProbe::write() {
  if (std::string why = why_no_probe(); !why.empty()) {
    checks_.skip("writes", std::move(why));
    co_return;
  }
  if (!checks_.has_time_for("writes")) co_return;
  Task<void> probing = write_and_read();
  const Result<void> probed = co_await probing.as_result();
  if (began_) {
    checks_.start();
    Task<void> removing = shielded(remove_probe(), kRemoveProbeWithin);
    const Result<void> removed = co_await removing.as_result();
    if (!probed.ok()) std::rethrow_exception(probed.exception());
    if (!removed.ok()) {
      checks_.fail("removes", removed.exception());
      checks_.diagnosis.findings.back().advice += checks_.diagnosis.findings.back().advice.empty() ? "" : "; ";
      checks_.diagnosis.findings.back().advice += "remove " + probe_ + " by hand";
      co_return;
    }
    if (!began_) co_return;
    checks_.find("removes", Outcome::ok, "the probe is removed");
    if (!checks_.has_time_for("nothing left")) co_return;
    checks_.start();
    Task<std::optional<Entry>> looking = checks_.timed(checks_.mount->backend->stat(probe_));
    Result<std::optional<Entry>> left = co_await looking.as_result();
    if (!left.ok()) {
      checks_.fail("nothing left", left.exception());
    } else if (left.value()) {
      checks_.find("nothing left", Outcome::failed, "the probe is still seen after its removal",
                   "remove " + probe_ + " by hand");
    } else {
      checks_.find("nothing left", Outcome::ok, "the probe is gone");
    }
  }
  if (!probed.ok()) std::rethrow_exception(probed.exception());
}

/// What lies under the probe's name, if it is ours.
Task<void> DoctorProbe::remove_probe() {
  if (maybe_others_) {
    Task<bool> comparing = is_ours();
    began_ = co_await comparing;
    if (!began_) co_return;
  }
  Task<void> removing = checks_.mount->backend->remove(probe_);
  co_await removing;
}

/// By its content, which nobody else writes.
Task<bool> DoctorProbe::is_ours() {
  bool has_checksum = false;
  Task<Bytes> reading = content(&has_checksum);
  Result<Bytes> bytes = co_await reading.as_result();
  if (bytes.ok()) co_return bytes.value().view() == content_;
  if (Error::from(bytes.exception()).code() != ErrorCode::not_found) std::rethrow_exception(bytes.exception());
  co_return false;
}

/// Nothing was there before: a server that stored the probe and lost its answer refuses the second try because of it.
Task<bool> DoctorProbe::stored_nevertheless(Error refusal) {
  if (!says_already_there(refusal)) co_return false;
  maybe_others_ = true;
  Task<bool> comparing = checks_.timed(is_ours());
  Result<bool> ours = co_await comparing.as_result();
  if (!ours.ok()) {
    if (means_stopped(ours.error())) throw ours.error();
    co_return false;
  }
  began_ = ours.value();
  maybe_others_ = !began_;
  co_return began_;
}

Task<Entry> DoctorProbe::put(When when) {
  PutOptions options;
  options.when = std::move(when);
  return checks_.timed(checks_.mount->backend->put(probe_, Body(Bytes::copy_of(content_)), std::move(options)));
}

/// From the first byte that is sent on the probe may be there, whatever the answer.
Task<void> DoctorProbe::write_and_read() {
  checks_.start();
  const bool conditional = checks_.mount->caps.conditional_put || checks_.mount->caps.checked_put;
  const std::int64_t sent = checks_.env.clock->wall_ns();
  began_ = true;
  Task<Entry> putting = put(conditional ? When::if_absent() : When::always());
  const Result<Entry> stored = co_await putting.as_result();
  const std::int64_t answered = checks_.env.clock->wall_ns();
  if (!stored.ok()) {
    Task<bool> comparing = stored_nevertheless(Error::from(stored.exception()));
    if (!co_await comparing) {
      checks_.fail("writes", stored.exception());
      co_return;
    }
  }
  checks_.find("writes", Outcome::ok, "a probe is stored");
  Task<void> reading = read_back();
  co_await reading;
  Task<void> dating = compare_clocks(sent, answered);
  co_await dating;
  Task<void> conditioning = try_condition();
  co_await conditioning;
}

Task<Bytes> DoctorProbe::content(bool* has_checksum) {
  Task<std::unique_ptr<Reader>> opening = checks_.mount->backend->read(probe_, {});
  const std::unique_ptr<Reader> reader = co_await opening;
  *has_checksum = reader->checksum().has_value() || !reader->entry().md5.empty();
  Task<Bytes> reading = reader->read_all();
  co_return co_await reading;
}

Task<void> DoctorProbe::read_back() {
  if (!checks_.has_time_for("reads back")) co_return;
  checks_.start();
  bool has_checksum = false;
  Task<Bytes> reading = checks_.timed(content(&has_checksum));
  Result<Bytes> bytes = co_await reading.as_result();
  if (!bytes.ok()) {
    checks_.fail("reads back", bytes.exception());
    co_return;
  }
  if (bytes.value().view() != content_) {
    checks_.find("reads back", Outcome::failed, "other bytes came back than were stored",
                 advice_for(ErrorCode::corrupt));
    co_return;
  }
  checks_.find("reads back", Outcome::ok, "the same bytes come back");
  if (has_checksum) {
    checks_.find("checksum", Outcome::ok, "a checksum of what is stored comes along");
  } else {
    checks_.skip("checksum", "nothing here tells a checksum of a content");
  }
}

/// By the time that the store gives what was written between two looks at our clock.
Task<void> DoctorProbe::compare_clocks(std::int64_t sent, std::int64_t answered) {
  if (!checks_.mount->caps.remote || !checks_.has_time_for("clock")) co_return;
  checks_.start();
  Task<std::optional<Entry>> looking = checks_.timed(checks_.mount->backend->stat(probe_));
  Result<std::optional<Entry>> entry = co_await looking.as_result();
  if (!entry.ok()) {
    checks_.fail("clock", entry.exception());
    co_return;
  }
  if (!entry.value() || entry.value()->mtime_ns == Entry::kNoTime) {
    checks_.skip("clock", "the store gives its files no time");
    co_return;
  }
  const std::int64_t at = entry.value()->mtime_ns;
  const std::int64_t ahead = at - std::clamp(at, sent - 1'000'000'000, answered);  // stores cut to whole seconds
  const double skew = static_cast<double>(ahead) / 1e9;
  checks_.diagnosis.clock_skew = skew;
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), "the server's clock is %.0f s %s ours", std::abs(skew),
                skew < 0 ? "behind" : "ahead of");
  if (std::abs(skew) > kWorstSkew) {
    checks_.find("clock", Outcome::warning, text.data(), "set the clock of this machine or of the server by NTP");
  } else {
    checks_.find("clock", Outcome::ok, std::abs(skew) < 1 ? "the server's clock and ours agree" : text.data());
  }
}

Task<void> DoctorProbe::try_condition() {
  if (!checks_.mount->caps.conditional_put && !checks_.mount->caps.checked_put) {
    checks_.skip("conditional put", "this protocol has none");
    co_return;
  }
  if (!checks_.has_time_for("conditional put")) co_return;
  checks_.start();
  Task<Entry> putting = put(When::if_absent());
  const Result<Entry> stored = co_await putting.as_result();
  if (stored.ok()) {
    checks_.find(
        "conditional put", Outcome::warning, "the server ignores the condition that nothing be there yet",
        "of writers at one moment the last one wins here: do not rely on exclusive creation, or update the server");
    co_return;
  }
  const Error error = Error::from(stored.exception());
  if (!says_already_there(error)) {
    checks_.fail("conditional put", stored.exception());
    co_return;
  }
  checks_.find("conditional put", Outcome::ok,
               checks_.mount->caps.conditional_put ? "a condition on what is there is kept to"
                                                   : "conditions are compared before a write");
}

}  // namespace genro::storage
