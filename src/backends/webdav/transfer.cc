#include "backends/webdav/transfer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/path.h"

namespace genro::storage::webdav {

bool means_no_folder(const Error& error) noexcept { return error.code() == ErrorCode::not_found; }

Task<bool> make_folders(std::shared_ptr<Client> client, std::string path) {
  // Upward to the first that is there, then downward. The steps above the mount's own root are steps of its target.
  std::vector<std::string> targets{client->target(path)};
  bool made = false;
  bool upward = true;
  bool repeated = false;
  while (!targets.empty()) {
    HttpRequest request;
    request.method = "MKCOL";
    request.target = targets.back() + (targets.back().ends_with('/') ? "" : "/");
    Task<HttpHead> making = client->change(std::move(request), {"write", path});
    const Result<HttpHead> done = co_await making.as_result();
    const std::size_t slash = targets.back().rfind('/');
    if (done.ok() || done.error().code() == ErrorCode::unsupported) {  // HTTP 405: it is there
      made = made || done.ok();
      upward = repeated = false;
      targets.pop_back();
    } else if (upward && means_no_folder(done.error()) && slash != 0 && slash != std::string::npos) {
      targets.push_back(targets.back().substr(0, slash));
    } else if (
        !repeated) {  // somebody else may have made it at the same moment, which servers call all sorts of things
      repeated = true;
    } else {
      std::rethrow_exception(done.exception());
    }
  }
  co_return made;
}

Task<void> explain(std::shared_ptr<Client> client, std::string path, Error refusal) {
  const ErrorCode code = refusal.code();
  const bool odd = code == ErrorCode::not_found || code == ErrorCode::unsupported ||
                   code == ErrorCode::invalid_argument || code == ErrorCode::permission_denied ||
                   code == ErrorCode::unavailable;
  if (!odd) throw refusal;
  Task<std::optional<Resource>> looking = client->look(path, "write");
  const std::optional<Resource> there = co_await looking;
  if (there && there->entry.is_directory()) throw Error(ErrorCode::is_directory, "write", path, "a directory is there");
  for (std::string_view around = path::parent(path); !there && !around.empty(); around = path::parent(around)) {
    Task<std::optional<Resource>> asking = client->look(std::string(around), "write");
    const std::optional<Resource> above = co_await asking;
    if (above && above->entry.is_directory()) break;
    if (above)
      throw Error(ErrorCode::not_directory, "write", path, "'" + std::string(around) + "' is a file, not a directory");
  }
  throw refusal;
}

Task<void> transfer(std::shared_ptr<Client> client, HttpRequest request, std::string to, bool replace) {
  Task<Abilities> asking = client->abilities();
  const Abilities server = co_await asking;
  const bool odd =
      std::any_of(to.begin(), to.end(), [](char c) { return c == '?' || c == ';' || (c >= 0 && c < ' '); });
  if (server.cuts_targets && odd)
    throw Error(
        ErrorCode::unsupported, "write", to,
        "wsgidav cuts the target of a COPY or MOVE at '?' and ';': mount it with 'replace': 'direct' to write it");
  const bool folder = request.target.ends_with('/');
  request.add_header("destination", client->url(client->target(to)) + (folder ? "/" : ""));
  request.add_header("overwrite", replace ? "T" : "F");
  for (bool made = false;; made = true) {
    Task<HttpHead> sending = client->change(request, {"write", to});
    const Result<HttpHead> sent = co_await sending.as_result();
    if (sent.ok()) co_return;
    const Error error = sent.error();
    if (made || (!means_no_folder(error) && error.code() != ErrorCode::unavailable)) throw error;
    Task<bool> making = make_folders(client, std::string(path::parent(to)));  // mod_dav says 500 where one is missing
    Result<bool> done = co_await making.as_result();
    if (!done.ok() || (!done.value() && !means_no_folder(error))) throw error;
  }
}

}  // namespace genro::storage::webdav
