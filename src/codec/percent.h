// Percent-encoding (RFC 3986 section 2) as S3 signs it: every octet but the unreserved ones, in upper case.
// Used for request paths and queries. Encode exactly once: a signature is made over the encoded form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace genro::storage {

enum class PercentSet {
  component,  // letters, digits and "-._~" stay
  path,       // and '/' too
};

// Appends the encoding of `text` to `out`.
void percent_encode_to(std::string_view text, PercentSet keep, std::string& out);

std::string percent_encode(std::string_view text, PercentSet keep);

// Nothing when a '%' is not followed by two hexadecimal digits. '+' stays a plus.
std::optional<std::string> percent_decode(std::string_view text);

// As a form's query is decoded, '+' being a space: what S3 sends for `encoding-type=url`.
std::optional<std::string> form_decode(std::string_view text);

}  // namespace genro::storage
