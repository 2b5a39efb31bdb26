// The challenges of WWW-Authenticate fields (RFC 9110 section 11.6.1): what a server asks for before it answers.
// Pure functions over hostile text. Used by http_login.h.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.h"

namespace genro::storage {

struct Challenge {
  std::string scheme;                                           ///< lower case
  std::vector<std::pair<std::string, std::string>> parameters;  ///< names in lower case, values without quotes

  /// "" when there is none of that name.
  std::string_view find(std::string_view name) const noexcept;
};

/// All of them, in order. What cannot be understood ends the list of its field.
std::vector<Challenge> parse_challenges(std::string_view field);
/// Of all fields of that name.
std::vector<Challenge> challenges_of(const HttpHead& head);

}  // namespace genro::storage
