// Client: what is Azure's own in sending a request (backend/http/object_client.h has the rest): its addresses and its keys for
// links. Whose a request is says auth/azure/authorizer.h. Used by the azure backend. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/azure/authorizer.h"
#include "auth/azure/sas.h"
#include "backend/http/object_client.h"
#include "backends/azure/config.h"
#include "core/env.h"
#include "core/mutex.h"

namespace genro::storage::azure {

inline constexpr std::string_view kApiVersion = "2023-11-03";

using Query = std::vector<std::pair<std::string_view, std::string>>;

/// Says that a signature is for the snapshot or version of a query, if it has one.
void grant_version(const Query& query, SasGrant& grant);

class Client final : public HttpObjectClient {
 public:
  /// `tokens` null: the configuration has other credentials, or none.
  Client(Config config, Env& env, std::shared_ptr<Tokens> tokens, TransportFactory make_transport = {});

  const Config& config() const noexcept { return config_; }
  Random& random() const noexcept { return random_; }
  std::string key_of(std::string_view path) const { return config_.prefix + std::string(path); }

  /// Why no blob can have the path, "" when one can.
  std::string_view fault_of(std::string_view path) const noexcept;
  /// The same as the error of a request for it, of which there is none when one can.
  std::optional<Error> refusal_of(std::string_view operation, std::string_view path) const;

  /// Of the blob of that key, "" being the container; `method` is a literal.
  HttpRequest request(std::string_view method, std::string_view key, const Query& query = {}) const;
  /// The same of something that changes a blob, which may be leased.
  HttpRequest change(std::string_view method, std::string_view key, const Query& query = {}) const;
  /// The address of a blob as the source of a copy within the account: with the mount's shared access signature.
  std::string address_within(std::string_view key, const Query& query) const;
  /// Lets the service read the source of a request by its address alone: it is signed, or the token goes with it.
  Task<void> add_source(HttpRequest* request, std::string key, Query query);
  /// The same without a query, for others.
  std::string public_address(std::string_view key) const;
  /// Says whose a request is that goes within another one.
  Task<void> authorize_within_batch(HttpRequest* request);
  /// A key by which links are signed for the bearer: one that lasts until then, nanoseconds since 1970.
  Task<std::shared_ptr<const DelegationKey>> delegation_key(std::int64_t until);
  bool has_tokens() const noexcept { return authorizer_.has_tokens(); }

 private:
  void check_path(std::string_view operation, std::string_view path) const override;
  bool authorize(HttpRequest& request, Attempt& attempt) override;
  Task<void> authorize_later(HttpRequest* request, Attempt* attempt) override;
  bool means_stale_credentials(const Failure& failure) const override;
  Task<bool> refresh_credentials(Attempt* attempt) override;
  Error decode_error(const Failure& failure, std::string_view path) const override;
  bool signs() const noexcept override { return authorizer_.signs(); }

  std::string origin() const;
  std::string target(std::string_view key) const;
  std::string address(std::string_view key, const Query& query) const;

  const Config config_;
  Random& random_;
  const Authorizer authorizer_;
  Mutex key_mutex_;  // guards the next one
  std::shared_ptr<const DelegationKey> delegation_key_;
  std::string base_;  // what precedes "/container" in a path
};

}  // namespace genro::storage::azure
