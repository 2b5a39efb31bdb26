#include "auth/http_login.h"

#include <array>
#include <mutex>
#include <utility>

#include "codec/base64.h"
#include "codec/hex.h"

namespace genro::storage {
namespace {

std::string new_cnonce(Random& random) {
  const std::array<std::uint64_t, 2> bits{random.next(), random.next()};
  return hex_encode(std::as_bytes(std::span(bits)));
}

}  // namespace

HttpLogin::HttpLogin(Env& env, Login login, Scheme scheme, bool secure)
    : random_(*env.random),
      login_(std::move(login)),
      scheme_(scheme),
      by_basic_(scheme == Scheme::basic || (scheme == Scheme::by_server && secure)) {}

std::string HttpLogin::basic() const { return "Basic " + base64_encode(login_.user + ":" + login_.password); }

HttpLogin::Authorization HttpLogin::authorization(std::string_view method, std::string_view target) const {
  std::shared_ptr<const DigestChallenge> challenge;
  std::string cnonce;
  {
    const std::lock_guard lock(mutex_);
    if (by_basic_) return {basic(), nullptr};
    if (!digest_) return {};
    challenge = digest_;
    cnonce = cnonce_;
  }
  const std::uint32_t count = challenge->used.fetch_add(1, std::memory_order_relaxed) + 1;
  std::string value = digest_authorization(*challenge, login_, {method, target, count, cnonce});
  return {std::move(value), std::move(challenge)};
}

bool HttpLogin::challenged(const HttpHead& head, const std::string& sent, const Used& used) {
  std::shared_ptr<const DigestChallenge> best;
  bool basic = false;
  for (const Challenge& challenge : challenges_of(head)) {
    basic = basic || challenge.scheme == "basic";
    std::shared_ptr<const DigestChallenge> digest = digest_challenge(challenge);
    if (digest && (!best || digest->hash > best->hash)) best = std::move(digest);
  }
  const std::lock_guard lock(mutex_);
  if (best && scheme_ != Scheme::basic) {
    // A password that is wrong stays wrong: only an answer to a nonce that has served, or was called old, is tried anew.
    const bool worth = !used || best->stale || used->proved.load(std::memory_order_relaxed);
    if (!worth) return false;
    by_basic_ = false;
    digest_ = std::move(best);
    cnonce_ = new_cnonce(random_);
    return true;
  }
  if (!basic || scheme_ == Scheme::digest || !sent.empty()) return false;
  by_basic_ = true;
  return true;
}

}  // namespace genro::storage
