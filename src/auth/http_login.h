// HttpLogin: user and password for a server over HTTP, by Basic (RFC 7617) or Digest (RFC 7616), whichever the server asks for.
// Used by clients whose mounts have both. Thread-safe. Over an open connection nothing is sent before the server has asked, so
// that a password goes there in the clear only to a server that knows nothing better; over TLS, Basic goes at once.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "auth/digest_login.h"
#include "auth/netrc.h"
#include "core/env.h"
#include "core/mutex.h"
#include "net/http.h"

namespace genro::storage {

class HttpLogin {
 public:
  enum class Scheme : unsigned char { by_server, basic, digest };
  HttpLogin(Env& env, Login login, Scheme scheme, bool secure);

  /// What a request was authorized with, for the calls below; null = nothing was sent.
  using Used = std::shared_ptr<const DigestChallenge>;
  struct Authorization {
    std::string value;  ///< of the field; "" = none yet
    Used used;
  };
  Authorization authorization(std::string_view method, std::string_view target) const;
  /// After a 401 to a request that was sent so: whether another try has something new to say.
  bool challenged(const HttpHead& head, const std::string& sent, const Used& used);

 private:
  std::string basic() const;

  Random& random_;
  const Login login_;
  const Scheme scheme_;
  mutable Mutex mutex_;  // guards what follows
  bool by_basic_ = false;
  std::shared_ptr<const DigestChallenge> digest_;
  std::string cnonce_;  // one for each nonce: "-sess" makes its key with it
};

}  // namespace genro::storage
