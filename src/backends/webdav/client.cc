#include "backends/webdav/client.h"

#include <mutex>
#include <utility>

#include "codec/percent.h"
#include "core/path.h"
#include "loop/give_way.h"
#include "net/http_error.h"
#include "net/redirect.h"

namespace genro::storage::webdav {
namespace {

constexpr std::string_view kOwnerName = "lock-owner: ";  // before what lock_owner() found, in place of a refusal's body

TransportFactory with_redirects(Env& env) {
  return [&env](const HttpEndpoint& endpoint, const HttpOptions& options) {
    RedirectOptions redirects;
    redirects.return_folder_redirects = redirects.return_misplaced_folders = true;  // wsgidav misplaces them
    return make_redirecting_client(env, endpoint, options, redirects);
  };
}

/// Nextcloud and ownCloud gather a PUT in a place of its own. So does mod_dav_fs from Apache 2.4 on, if it names itself.
bool known_to_replace(const HttpHead& head) {
  constexpr std::string_view kApache = "Apache/2.";
  const std::string_view server = head.find("server");
  if (!server.starts_with(kApache) || server.size() == kApache.size()) return false;
  const bool recent = server[kApache.size()] >= '4' && server[kApache.size()] <= '9';
  return recent && head.has_token("dav", "<http://apache.org/dav/propset/fs/1>");
}

/// Of one of several resources.
ErrorCode code_of_part(int status) { return status == 423 ? ErrorCode::permission_denied : code_of_status(status); }

Error no_webdav(int status) {
  return Error(ErrorCode::protocol,
               "the server speaks no WebDAV there: it answered PROPFIND with HTTP " + std::to_string(status));
}

}  // namespace

Client::Client(Config config, Env& env, TransportFactory transports)
    : HttpObjectClient(env, config.http, transports ? std::move(transports) : with_redirects(env)),
      env_(env),
      config_(std::move(config)) {
  if (!config_.login.user.empty() && config_.token.empty())
    login_.emplace(env, config_.login, config_.scheme, config_.endpoint.tls);
  set_route(make_route(config_.endpoint, {}));
}

std::string Client::target(std::string_view path) const {
  std::string made = config_.root;
  if (!path.empty() || made.empty()) made += '/';
  percent_encode_to(path, PercentSet::path, made);
  return made;
}

HttpRequest Client::request(std::string_view method, std::string_view path, bool folder) const {
  HttpRequest made;
  made.method = method;
  made.target = target(path);
  if (folder && !made.target.ends_with('/')) made.target += '/';
  return made;
}

// --- the login, refusals ---

bool Client::authorize(HttpRequest& request, Attempt& attempt) {
  if (!config_.token.empty()) request.add_header("authorization", "Bearer " + config_.token);
  if (!login_) return true;
  auto shown = std::make_shared<const HttpLogin::Authorization>(login_->authorization(request.method, request.target));
  if (!shown->value.empty()) request.add_header("authorization", shown->value);
  attempt.credentials = std::move(shown);
  return true;
}

void Client::succeeded(const HttpRequest&, const Attempt& attempt) noexcept {
  const auto* shown = static_cast<const HttpLogin::Authorization*>(attempt.credentials.get());
  if (shown && shown->used) shown->used->proved.store(true, std::memory_order_relaxed);
}

Error Client::decode_error(const Failure& failure, std::string_view) const {
  const int status = failure.head.status;
  const std::string_view body = failure.body.view();
  if (status / 100 == 3) {
    const bool slash_added = failure.head.has("location");
    return slash_added ? Error(ErrorCode::is_directory, "the server answers with another address, as for a directory")
                       : Error(ErrorCode::protocol, "HTTP " + std::to_string(status));
  }
  if (status == 423) {
    const bool told = body.starts_with(kOwnerName) && body.size() > kOwnerName.size();
    return Error(ErrorCode::permission_denied, told ? "locked by " + std::string(body.substr(kOwnerName.size()))
                                                    : "locked, the server does not say by whom");
  }
  // A server that means "it exists" says 405 or 412.
  if (status == 409) return Error(ErrorCode::not_found, "HTTP 409: the parent directory does not exist");
  return error_of_response(failure.head, parse_complaint(body).message, wall_ns());
}

Task<bool> Client::recover(Failure* failure, HttpRequest* request, Attempt* attempt) {
  const int status = failure->head.status;
  if (status == 401 && login_) {
    const auto* shown = static_cast<const HttpLogin::Authorization*>(attempt->credentials.get());
    co_return attempt->first(shown->value.empty() ? kLogin : kStale) &&
        login_->challenged(failure->head, shown->value, shown->used);
  }
  if (status == 423) {
    Task<std::string> asking = lock_owner(failure, request);
    Result<std::string> owner = co_await asking.as_result();
    if (owner.ok()) failure->body = Bytes::copy_of(std::string(kOwnerName) + owner.value());
    co_return false;
  }
  const bool moved = status == 301 || status == 302 || status == 307 || status == 308;
  if (!moved || request->method == "GET" || request->method == "HEAD" || !attempt->first(kSlash)) co_return false;
  const HrefParts there = split_href(failure->head.find("location"), "");  // only a slash more, as for a folder
  if (!(there == split_href(request->target, "")) || request->target.ends_with('/')) co_return false;
  request->target += '/';
  co_return true;
}

/// What may be locked that stopped a request: what the refusal names, else where the request leads and what it is about.
std::vector<std::string> Client::locked_targets(const Failure& failure, const HttpRequest& request) const {
  std::vector<std::string> hrefs{parse_complaint(failure.body.view()).href};
  if (hrefs.front().empty()) {
    constexpr std::string_view kDestination = "destination: ";
    const std::size_t at = request.headers.find(kDestination);
    const std::size_t begin = at + kDestination.size();
    hrefs.front() = request.target;
    if (at != std::string::npos)
      hrefs.insert(hrefs.begin(), request.headers.substr(begin, request.headers.find('\r', begin) - begin));
  }
  for (std::string& href : hrefs) {
    const HrefParts place = split_href(href, "");
    href = percent_encode(place.folder + "/" + place.name, PercentSet::path);
  }
  return hrefs;
}

Task<std::string> Client::lock_owner(Failure* failure, HttpRequest* request) {
  for (std::string& target : locked_targets(*failure, *request)) {
    Task<Document> asking =
        document(propfind(std::move(target), false), {.operation = "stat", .path = "", .absent_is_answer = true});
    const Document answer = co_await asking;
    if (answer.head.status != 207) continue;
    for (const Resource& resource : parse_multistatus(answer.body.view())) {
      if (!resource.lock_owner.empty()) co_return resource.lock_owner;
    }
  }
  co_return std::string();
}

// --- PROPFIND ---

HttpRequest Client::propfind(std::string target, bool below) const {
  static constexpr std::string_view kPlain =
      R"(<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:getcontentlength/>)"
      R"(<D:getlastmodified/><D:getetag/><D:getcontenttype/><D:lockdiscovery/></D:prop></D:propfind>)";
  static constexpr std::string_view kNextcloud =
      R"(<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:" xmlns:o="http://owncloud.org/ns"><D:prop>)"
      R"(<D:resourcetype/><D:getcontentlength/><D:getlastmodified/><D:getetag/><D:getcontenttype/><D:lockdiscovery/>)"
      R"(<o:checksums/></D:prop></D:propfind>)";
  HttpRequest made;
  made.method = "PROPFIND";
  made.target = std::move(target);
  made.add_header("depth", below ? "1" : "0");
  made.add_header("content-type", "application/xml; charset=utf-8");
  made.body = Body(Bytes::copy_of(config_.nextcloud ? kNextcloud : kPlain));
  return made;
}

Task<HttpObjectClient::Document> Client::ask(HttpRequest request, RequestContext context) {
  context.absent_is_answer = true;
  Task<Document> asking = document(std::move(request), context);
  Document answer = co_await asking;
  const int status = answer.head.status;
  if (status != 207 && status != 404) throw no_webdav(status).with_operation(std::string(context.operation));
  co_return answer;
}

/// Some servers call a path below a file a bad request.
Task<bool> Client::below_a_file(std::string path) {
  if (path.empty()) co_return false;
  Task<std::optional<Resource>> looking = look(std::string(path::parent(path)), "stat");
  const std::optional<Resource> around = co_await looking;
  co_return !around || around->entry.is_file();
}

Task<std::optional<Resource>> Client::look(std::string path, std::string_view operation) {
  Task<Document> asking = ask(propfind(target(path), false), {operation, path});
  Result<Document> asked = co_await asking.as_result();
  if (!asked.ok() && asked.error().code() == ErrorCode::invalid_argument) {
    Task<bool> explaining = below_a_file(path);
    if (co_await explaining) co_return std::nullopt;
  }
  const Document answer = std::move(asked).take();
  if (answer.head.status == 404) co_return std::nullopt;
  std::vector<Resource> found = parse_multistatus(answer.body.view());
  if (found.empty()) co_return std::nullopt;
  std::size_t own = 0;  // a server that knows no depth lists what is below, too
  for (std::size_t i = 1; i < found.size(); ++i) {
    if (found[i].href.size() < found[own].href.size()) own = i;
  }
  Resource resource = std::move(found[own]);
  if (resource.status == 404) co_return std::nullopt;
  if (resource.status >= 400)
    throw Error(code_of_part(resource.status), std::string(operation), path, "HTTP " + std::to_string(resource.status));
  resource.entry.path = std::move(path);
  co_return resource;
}

Task<std::optional<Members>> Client::members(std::string path, std::string_view operation, bool folder) {
  std::string asked = target(path);
  if (folder && !asked.ends_with('/')) asked += '/';
  return members_at(std::move(asked), std::move(path), operation);
}

Task<std::optional<Members>> Client::members_at(std::string target, std::string path, std::string_view operation) {
  Task<Document> asking = ask(propfind(target, true), {operation, path});
  const Document answer = co_await asking;
  if (answer.head.status == 404) co_return std::nullopt;
  const std::string_view body = answer.body.view();
  // The listing of 50,000 files takes a third of a second.
  Task<Members> parsing = on_helper(body.size(), [&] { return members_of(parse_multistatus(body), target, path); });
  co_return co_await parsing;
}

// --- changes ---

Task<HttpHead> Client::change(HttpRequest request, RequestContext context) {
  Task<Document> sending = document(std::move(request), context);
  Document answer = co_await sending;
  if (answer.head.status != 207) co_return std::move(answer.head);
  for (const Resource& resource : parse_multistatus(answer.body.view())) {
    if (resource.status < 400) continue;
    throw Error(code_of_part(resource.status), std::string(context.operation), std::string(context.path),
                "a part of it failed: HTTP " + std::to_string(resource.status) + " for '" +
                    split_href(resource.href, "").name + "'");
  }
  co_return std::move(answer.head);
}

Task<Abilities> Client::abilities() {
  {
    const std::lock_guard lock(mutex_);
    if (abilities_) co_return *abilities_;
  }
  Task<Document> asking = document(request("OPTIONS", ""), {"write", ""});
  Result<Document> asked = co_await asking.as_result();
  Abilities found;
  if (asked.ok()) {
    found.replaces = known_to_replace(asked.value().head);
    found.cuts_targets = asked.value().head.find("server").find("WsgiDAV") != std::string_view::npos;
  } else if (asked.error().retryable() || asked.error().code() == ErrorCode::cancelled) {
    std::rethrow_exception(asked.exception());
  } else if (asked.error().code() == ErrorCode::not_found) {
    co_return found;  // once the root is there, it may say more
  }
  const std::lock_guard lock(mutex_);
  abilities_ = found;
  co_return found;
}

void add_time(std::int64_t mtime_ns, HttpRequest& request) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  if (mtime_ns != Entry::kNoTime) request.add_header("x-oc-mtime", std::to_string(mtime_ns / kSecond));
}

}  // namespace genro::storage::webdav
