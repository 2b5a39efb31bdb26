// The requests of WebDAV (RFC 4918) to one server: addresses, the login, redirects, what refusals mean. Thread-safe.
// Used by the parts of the webdav backend.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/http_login.h"
#include "backend/http/object_client.h"
#include "backend/unfinished_upload.h"
#include "backends/webdav/config.h"
#include "backends/webdav/multistatus.h"

namespace genro::storage::webdav {

/// What a server says of itself (OPTIONS).
struct Abilities {
  bool replaces = false;      ///< A PUT replaces a file as a whole, also when it breaks off.
  bool cuts_targets = false;  ///< Takes a part of a Destination for its query or parameters.
};

class Client final : public HttpObjectClient {
 public:
  /// No network. Without a factory: over the network, with redirects of GET and HEAD followed.
  Client(Config config, Env& env, TransportFactory transports = {});

  const Config& config() const noexcept { return config_; }
  Random& random() const noexcept { return *env_.random; }
  GivenUpUploads& given_up() noexcept { return given_up_; }
  /// The target of a path of the mount, without a slash at its end but for the server's own root.
  std::string target(std::string_view path) const;
  /// `folder`: with a slash at the end, which some servers insist on.
  HttpRequest request(std::string_view method, std::string_view path, bool folder = false) const;
  /// The absolute URL of a target, as Destination and If want it.
  std::string url(std::string_view target) const {
    return (config_.endpoint.tls ? "https://" : "http://") + config_.endpoint.host_header() + std::string(target);
  }

  /// PROPFIND of a file, or folder, alone: nothing where there is none, and below a file.
  Task<std::optional<Resource>> look(std::string path, std::string_view operation);
  /// PROPFIND of a folder and what is right below it; `folder`: the target has a slash at its end.
  Task<std::optional<Members>> members(std::string path, std::string_view operation, bool folder);
  /// The same of a target, as which the path stands for errors and before the names.
  Task<std::optional<Members>> members_at(std::string target, std::string path, std::string_view operation);
  /// A request that changes something, to its end. Throws what one of several resources failed with (207).
  Task<HttpHead> change(HttpRequest request, RequestContext context);
  /// Asked once.
  Task<Abilities> abilities();

 private:
  static constexpr unsigned kLogin = kOwnRecoveries, kStale = kOwnRecoveries << 1, kSlash = kOwnRecoveries << 2;

  bool authorize(HttpRequest& request, Attempt& attempt) override;
  Error decode_error(const Failure& failure, std::string_view path) const override;
  Task<bool> recover(Failure* failure, HttpRequest* request, Attempt* attempt) override;
  void succeeded(const HttpRequest& request, const Attempt& attempt) noexcept override;

  HttpRequest propfind(std::string target, bool below) const;
  Task<Document> ask(HttpRequest request, RequestContext context);
  std::vector<std::string> locked_targets(const Failure& failure, const HttpRequest& request) const;
  /// Who has locked what a request was about; "" where nobody says.
  Task<std::string> lock_owner(Failure* failure, HttpRequest* request);
  Task<bool> below_a_file(std::string path);

  Env& env_;
  const Config config_;
  std::optional<HttpLogin> login_;
  GivenUpUploads given_up_;
  Mutex mutex_;  // guards abilities_
  std::optional<Abilities> abilities_;
};

/// X-OC-MTime, in whole seconds: the time that Nextcloud and ownCloud are to give a file. Nothing for kNoTime.
void add_time(std::int64_t mtime_ns, HttpRequest& request);

}  // namespace genro::storage::webdav
