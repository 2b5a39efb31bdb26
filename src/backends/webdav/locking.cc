#include "backends/webdav/locking.h"

#include <utility>

namespace genro::storage::webdav {

Task<Lock> lock(std::shared_ptr<Client> client, std::string path) {
  static constexpr std::string_view kBody =
      R"(<?xml version="1.0" encoding="utf-8"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>)"
      R"(<D:locktype><D:write/></D:locktype><D:owner>genro-storage</D:owner></D:lockinfo>)";
  HttpRequest request = client->request("LOCK", path);
  request.add_header("depth", "0");
  request.add_header("timeout", "Second-60");
  request.add_header("content-type", "application/xml; charset=utf-8");
  request.body = Body(Bytes::copy_of(kBody));
  Task<HttpHead> asking = client->change(std::move(request), {"write", path});
  Result<HttpHead> asked = co_await asking.as_result();
  if (!asked.ok() && asked.error().code() == ErrorCode::permission_denied) throw asked.error().with_retryable(true);
  const HttpHead head = std::move(asked).take();
  Lock made{std::string(head.find("lock-token")), head.status == 201};
  if (made.token.empty()) throw Error(ErrorCode::protocol, "write", path, "the server gave no token for a lock");
  if (!made.token.starts_with('<')) made.token = "<" + made.token + ">";
  co_return made;
}

Task<void> unlock(std::shared_ptr<Client> client, std::string path, Lock lock) {
  HttpRequest request = client->request("UNLOCK", path);
  request.add_header("lock-token", lock.token);
  Task<HttpHead> asking = client->change(std::move(request), {"write", path});
  const Result<HttpHead> asked = co_await asking.as_result();
  static_cast<void>(asked);  // some servers end it with what the locked file was replaced by
}

std::string if_locked(const Client& client, const std::string& path, const Lock& lock) {
  return "<" + client.url(client.target(path)) + "> (" + lock.token + ")";
}

}  // namespace genro::storage::webdav
