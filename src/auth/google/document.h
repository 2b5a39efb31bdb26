// The JSON documents of Google's credentials: key files, and what services answer that hand out tokens.
// Used by the identities. Errors name the source and what is missing, never a value.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "auth/google/credentials.h"
#include "auth/small_request.h"
#include "genro/storage/error.h"

namespace genro::storage {

class GoogleDocument {
 public:
  /// Throws config when the text is no JSON object.
  static GoogleDocument parse(std::string_view text, std::string source);
  GoogleDocument(nlohmann::json value, std::string source) : value_(std::move(value)), source_(std::move(source)) {}

  const std::string& source() const noexcept { return source_; }
  std::string text(const char* name) const;      ///< "" when it is absent or no string
  std::string required(const char* name) const;  ///< Throws config.
  /// The member as a document; nothing in it when it is absent or no object.
  GoogleDocument inside(const char* name) const;
  bool empty() const noexcept { return value_.empty(); }
  const nlohmann::json& json() const noexcept { return value_; }
  Error wrong(std::string why) const;  ///< config

 private:
  nlohmann::json value_;
  std::string source_;
};

/// "cannot get a token from <source>: <why>"
Error google_failure(const std::string& source, std::string why);
/// The error of a refused request for a token: unavailable when it may pass, else unauthenticated, in the service's own words.
Error google_refusal(const std::string& source, const SmallAnswer& answer);
/// Of an OAuth 2.0 token endpoint: access_token and expires_in. `now_ns`: wall clock.
GoogleToken token_of_answer(const std::string& source, const SmallAnswer& answer, std::int64_t now_ns);

/// A request that posts JSON with a token.
SmallRequest json_request(const GoogleContext& context, std::string url, const GoogleToken& by, std::string body);

/// Throws config for an address to which a secret must not be sent: neither https nor on this machine.
void require_safe_url(const std::string& url, const std::string& source);

}  // namespace genro::storage
