#include "auth/http_challenge.h"

#include <optional>

#include "net/ascii.h"

namespace genro::storage {
namespace {

class ChallengeText {
 public:
  explicit ChallengeText(std::string_view text) : rest_(text) {}

  void skip_blanks_and_commas() { skip(" \t,"); }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_blanks() { skip(" \t"); }
  bool at_end() const { return rest_.empty(); }
  std::string token() {
    std::string out;
    while (!rest_.empty() && is_token_char(rest_.front())) {
      out += lower_ascii(rest_.front());
      rest_.remove_prefix(1);
    }
    return out;
  }
  /// A token, or a quoted string, which has to have an end.
  std::optional<std::string> value() {
    std::string out;
    if (!take('"')) {
      while (!rest_.empty() && is_token_char(rest_.front())) {
        out += rest_.front();
        rest_.remove_prefix(1);
      }
      return out;
    }
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return out;
      if (c == '\\' && !rest_.empty()) {
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      out += c;
    }
    return std::nullopt;
  }
  /// What some schemes have in place of parameters.
  void skip_token68() {
    while (!rest_.empty() && rest_.front() != ',' && rest_.front() != ' ') rest_.remove_prefix(1);
  }
  std::string_view rest() const { return rest_; }
  void back_to(std::string_view rest) { rest_ = rest; }

 private:
  void skip(std::string_view which) { rest_.remove_prefix(std::min(rest_.find_first_not_of(which), rest_.size())); }
  std::string_view rest_;
};

/// The parameters up to the next scheme. False where the text makes no sense.
bool read_parameters(ChallengeText& text, Challenge& into) {
  while (true) {
    text.skip_blanks_and_commas();
    if (text.at_end()) return true;
    const std::string_view before = text.rest();
    std::string name = text.token();
    if (name.empty()) return false;
    text.skip_blanks();
    if (!text.take('=')) {
      text.back_to(before);
      return true;
    }
    text.skip_blanks();
    std::optional<std::string> value = text.value();
    if (!value) return false;
    into.parameters.emplace_back(std::move(name), std::move(*value));
  }
}

}  // namespace

std::string_view Challenge::find(std::string_view name) const noexcept {
  for (const auto& [known, value] : parameters) {
    if (known == name) return value;
  }
  return {};
}

std::vector<Challenge> parse_challenges(std::string_view field) {
  std::vector<Challenge> found;
  ChallengeText text(field);
  while (true) {
    text.skip_blanks_and_commas();
    if (text.at_end()) return found;
    Challenge challenge;
    challenge.scheme = text.token();
    if (challenge.scheme.empty() || (!text.at_end() && text.rest().find_first_of(" \t,") != 0)) return found;
    const bool known = challenge.scheme == "basic" || challenge.scheme == "digest";
    if (!known) {  // Negotiate and its like
      text.skip_blanks();
      const std::string_view before = text.rest();
      const std::string name = text.token();
      const bool named = !name.empty() && text.rest().starts_with('=');
      text.back_to(before);
      if (!named && !text.rest().starts_with(',')) text.skip_token68();
    }
    const bool sensible = read_parameters(text, challenge);
    found.push_back(std::move(challenge));
    if (!sensible) return found;
  }
}

std::vector<Challenge> challenges_of(const HttpHead& head) {
  std::vector<Challenge> all;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (!equal_ignoring_case(head.name(i), "www-authenticate")) continue;
    for (Challenge& challenge : parse_challenges(head.value(i))) all.push_back(std::move(challenge));
  }
  return all;
}

}  // namespace genro::storage
