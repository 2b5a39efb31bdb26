#include "manager/doctor_checks.h"

#include "manager/doctor_advice.h"

namespace genro::storage {

DoctorChecks::DoctorChecks(Env& world, MountPointer examined, DoctorOptions wanted)
    : env(world), mount(std::move(examined)), options(wanted), until(env.clock->now() + seconds(options.within)) {
  diagnosis.mount = mount->name;
  diagnosis.protocol = mount->protocol;
  diagnosis.place = mount->base;
}

void DoctorChecks::find(std::string_view check, Outcome outcome, std::string text, std::string_view advice) {
  diagnosis.findings.push_back({std::string(check), outcome, std::move(text), std::string(advice), elapsed()});
}

void DoctorChecks::skip(std::string_view check, std::string text) {
  diagnosis.findings.push_back({std::string(check), Outcome::skipped, std::move(text), {}, 0});
}

bool DoctorChecks::has_time_for(std::string_view check) {
  if (env.clock->now() < until) return true;
  skip(check, "out of time");
  return false;
}

void DoctorChecks::fail(std::string_view check, const std::exception_ptr& failure) {
  const Error error = Error::from(failure);
  if (means_stopped(error)) throw error;
  if (reached && error.code() == ErrorCode::timeout && env.clock->now() >= until) {
    find(check, Outcome::failed, "it had not ended when the time for all checks was over",
         "give the checks more time, or look for what makes the mount slow");
  } else {
    find(check, Outcome::failed, error.message(), advice_for(error.code()));
  }
}

}  // namespace genro::storage
