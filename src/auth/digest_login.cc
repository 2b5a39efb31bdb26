#include "auth/digest_login.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "codec/digest.h"
#include "codec/hex.h"
#include "codec/percent.h"
#include "net/ascii.h"

namespace genro::storage {
namespace {

std::string hashed(DigestChallenge::Hash hash, std::string_view text) {
  return hash == DigestChallenge::Hash::md5 ? hex_encode(Md5::of(text)) : hex_encode(Sha256::of(text));
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) {
    if (!out.empty()) out += ':';
    out += part;
  }
  return out;
}

void add_quoted(std::string_view name, std::string_view value, std::string& to) {
  to.append(name).append("=\"");
  for (const char c : value) {
    if (c == '"' || c == '\\') to += '\\';
    to += c;
  }
  to += '"';
}

std::string eight_digits(std::uint32_t number) {
  std::array<char, 8> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  const auto count = static_cast<std::size_t>(end - digits.data());
  return std::string(8 - count, '0') + std::string(digits.data(), count);
}

void add_user(const DigestChallenge& challenge, const std::string& user, std::string& to) {
  const bool plain = std::all_of(user.begin(), user.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (challenge.hides_user) {
    add_quoted("username", hashed(challenge.hash, joined({user, challenge.realm})), to);
    to += ", userhash=true";
  } else if (plain || !challenge.counts) {
    add_quoted("username", user, to);
  } else {
    to.append("username*=UTF-8''").append(percent_encode(user, PercentSet::component));
  }
}

}  // namespace

std::shared_ptr<const DigestChallenge> digest_challenge(const Challenge& challenge) {
  if (challenge.scheme != "digest" || challenge.find("nonce").empty()) return nullptr;
  auto made = std::make_shared<DigestChallenge>();
  made->algorithm = challenge.find("algorithm");
  std::string_view name = made->algorithm;
  constexpr std::string_view kSession = "-sess";
  if (name.size() > kSession.size() && equal_ignoring_case(name.substr(name.size() - kSession.size()), kSession)) {
    made->session = true;
    name.remove_suffix(kSession.size());
  }
  if (equal_ignoring_case(name, "SHA-256")) {
    made->hash = DigestChallenge::Hash::sha256;
  } else if (!name.empty() && !equal_ignoring_case(name, "MD5")) {
    return nullptr;
  }
  const std::string_view qop = challenge.find("qop");
  made->counts = list_has_token(qop, "auth");
  if ((!qop.empty() || made->session) && !made->counts) return nullptr;
  made->hides_user = equal_ignoring_case(challenge.find("userhash"), "true");
  made->stale = equal_ignoring_case(challenge.find("stale"), "true");
  made->realm = challenge.find("realm");
  made->nonce = challenge.find("nonce");
  made->opaque = challenge.find("opaque");
  return made;
}

std::string digest_authorization(const DigestChallenge& challenge, const Login& login, const DigestAnswer& answer) {
  std::string secret = hashed(challenge.hash, login.user + ":" + challenge.realm + ":" + login.password);
  if (challenge.session) secret = hashed(challenge.hash, joined({secret, challenge.nonce, answer.cnonce}));
  const std::string asked = hashed(challenge.hash, joined({answer.method, answer.target}));
  const std::string count = eight_digits(answer.count);
  const std::string proof = challenge.counts ? joined({secret, challenge.nonce, count, answer.cnonce, "auth", asked})
                                             : joined({secret, challenge.nonce, asked});
  std::string field = "Digest ";
  add_user(challenge, login.user, field);
  add_quoted(", realm", challenge.realm, field);
  add_quoted(", nonce", challenge.nonce, field);
  add_quoted(", uri", answer.target, field);
  add_quoted(", response", hashed(challenge.hash, proof), field);
  if (!challenge.algorithm.empty()) field.append(", algorithm=").append(challenge.algorithm);
  if (!challenge.opaque.empty()) add_quoted(", opaque", challenge.opaque, field);
  if (challenge.counts) {
    field.append(", qop=auth, nc=").append(count);
    add_quoted(", cnonce", answer.cnonce, field);
  }
  return field;
}

}  // namespace genro::storage
