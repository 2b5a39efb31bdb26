// AwsProfiles: the shared config and credentials files of the AWS tools, read into sections of keys and values.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
// Used by the credential sources and for a region that is not configured. Values may be secrets: never print one.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace genro::storage {

class AwsProfiles {
 public:
  using Section = std::map<std::string, std::string, std::less<>>;

  /// `config` has sections "profile x", "default", "sso-session y"; `credentials` has "x". Keys of the latter win.
  /// Either may be "". Lines that make no sense are skipped, as the AWS tools do.
  static AwsProfiles parse(std::string_view config, std::string_view credentials);
  /// From AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/config and ~/.aws/credentials. Blocking; a missing
  /// file is an empty one. Throws config for a file that is there but cannot be read.
  static AwsProfiles load(const std::function<std::optional<std::string>(const char*)>& variable);

  const Section* profile(std::string_view name) const;
  const Section* sso_session(std::string_view name) const;

 private:
  std::map<std::string, Section, std::less<>> profiles_;
  std::map<std::string, Section, std::less<>> sso_sessions_;
};

/// The value of a key, or nothing when it is absent or empty.
std::optional<std::string> value_of(const AwsProfiles::Section& section, std::string_view key);

}  // namespace genro::storage
