#include "auth/aws/profile.h"

#include "auth/small_file.h"

namespace genro::storage {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// A comment begins with # or ; at the start of a line or after a blank.
std::string_view without_comment(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] == '#' || text[i] == ';') && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t'))
      return text.substr(0, i);
  }
  return text;
}

template <class OnSection>
void read_sections(std::string_view text, OnSection section_of) {
  AwsProfiles::Section* section = nullptr;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::string_view content = trim(without_comment(line));
    if (content.empty()) continue;
    if (content.front() == '[') {
      section = content.back() == ']' ? section_of(trim(content.substr(1, content.size() - 2))) : nullptr;
      continue;
    }
    // An indented line continues the value above it (nested settings); none of those says anything about credentials.
    if (line.front() == ' ' || line.front() == '\t') continue;
    const std::size_t equals = content.find('=');
    if (!section || equals == std::string_view::npos) continue;
    std::string key(trim(content.substr(0, equals)));
    for (char& c : key) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    (*section)[key] = trim(content.substr(equals + 1));
  }
}

std::string_view after_word(std::string_view text, std::string_view word) {
  if (!text.starts_with(word) || text.size() == word.size()) return {};
  const std::string_view rest = text.substr(word.size());
  return rest.front() == ' ' || rest.front() == '\t' ? trim(rest) : std::string_view();
}

}  // namespace

AwsProfiles AwsProfiles::parse(std::string_view config, std::string_view credentials) {
  AwsProfiles result;
  read_sections(config, [&](std::string_view name) -> Section* {
    if (name == "default") return &result.profiles_["default"];
    if (const std::string_view profile = after_word(name, "profile"); !profile.empty()) {
      return &result.profiles_[std::string(profile)];
    }
    if (const std::string_view session = after_word(name, "sso-session"); !session.empty()) {
      return &result.sso_sessions_[std::string(session)];
    }
    return nullptr;
  });
  read_sections(credentials, [&](std::string_view name) { return &result.profiles_[std::string(name)]; });
  return result;
}

AwsProfiles AwsProfiles::load(const std::function<std::optional<std::string>(const char*)>& variable) {
  const std::string home = variable("HOME").value_or("") + "/.aws/";
  const std::string config = variable("AWS_CONFIG_FILE").value_or(home + "config");
  const std::string credentials = variable("AWS_SHARED_CREDENTIALS_FILE").value_or(home + "credentials");
  return parse(read_small_file(config).value_or(""), read_small_file(credentials).value_or(""));
}

const AwsProfiles::Section* AwsProfiles::profile(std::string_view name) const {
  const auto found = profiles_.find(name);
  return found == profiles_.end() ? nullptr : &found->second;
}

const AwsProfiles::Section* AwsProfiles::sso_session(std::string_view name) const {
  const auto found = sso_sessions_.find(name);
  return found == sso_sessions_.end() ? nullptr : &found->second;
}

std::optional<std::string> value_of(const AwsProfiles::Section& section, std::string_view key) {
  const auto found = section.find(key);
  if (found == section.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

}  // namespace genro::storage
