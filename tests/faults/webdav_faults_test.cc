// Faults of the network between the webdav backend and its server, as bytes of HTTP in virtual time. The whole stack runs:
// retry, backend, a digest login whose nonce grows stale, redirects, HTTP client. Nothing protects against a flipped bit or
// against a length that is announced too short: plain WebDAV has no checksums.
#include "backends/webdav/options.h"
#include "backends/webdav/webdav.h"
#include "fakes/mini_dav.h"
#include "faults/store_scenarios.h"
#include "layers/retry.h"

namespace genro::storage::test {
namespace {

constexpr Fault kFaults[] = {Fault::slow_down,    Fault::server_error, Fault::lost_request, Fault::lost_answer,
                             Fault::cut,          Fault::cut_at_end,   Fault::too_long,     Fault::stall,
                             Fault::stalled_body, Fault::slow,         Fault::closed,       Fault::forbidden,
                             Fault::expired,      Fault::replaced};

struct DavWorld final : StoreWorld {
  DavWorld() {
    const MountOptions options("dav", "webdav",
                               {{"url", "http://10.1.2.3/dav"}, {"username", "user"}, {"password", "password"}},
                               webdav::kWebdavOptions);
    mount = with_retry(make_webdav({options, network_world.env}), network_world.env);
    fill();
    server.watched = "target";
  }

  FakeReply serve(const FakeRequest& request) override { return server(request); }
  FakeReply refusal(Fault fault) override {
    if (fault == Fault::slow_down) return FakeReply::http(503, "later", "Retry-After: 1\r\n");
    return fault == Fault::forbidden ? FakeReply::http(403, "no") : FakeReply::http(500, "oops");
  }
  void expire() override { ++server.nonce; }
  void store(const std::string& path, std::string content) override { server.store(path, std::move(content)); }
  const std::string* stored(const std::string& path) const override {
    const auto found = server.objects.find(path);
    return found == server.objects.end() ? nullptr : &found->second;
  }
  std::string etag_of_target() const override { return server.etag("target"); }
  std::uint64_t stores() const override { return server.stores; }
  std::string left_open() const override {
    for (const auto& [path, content] : server.objects) {
      if (path.find(".genro-storage-") != std::string::npos) return path;
    }
    return server.locks.empty() ? "" : "a lock of " + server.locks.begin()->first;
  }
  bool begins(const std::string& line) const override { return line.starts_with("LOCK"); }
  bool ends(const std::string& line) const override { return line.starts_with("DELETE") || line.starts_with("UNLOCK"); }

  MiniDav server;
};

GENRO_STORE_FAULTS(DavFaults, DavWorld, all_scenarios(), kFaults);

}  // namespace
}  // namespace genro::storage::test
