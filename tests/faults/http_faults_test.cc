// Faults of the network between the http backend and its web server, as bytes of HTTP in virtual time. The whole stack runs:
// retry, backend, redirects, HTTP client. Nothing protects against a flipped bit here: web servers send no checksums.
#include "backends/http/http.h"
#include "backends/http/options.h"
#include "fakes/mini_server.h"
#include "faults/store_scenarios.h"
#include "layers/retry.h"

namespace genro::storage::test {
namespace {

constexpr Fault kFaults[] = {Fault::slow_down,    Fault::server_error, Fault::lost_request, Fault::lost_answer,
                             Fault::cut,          Fault::cut_at_end,   Fault::too_long,     Fault::stall,
                             Fault::stalled_body, Fault::slow,         Fault::closed,       Fault::forbidden,
                             Fault::replaced};

/// As much of a web server as the backend speaks with: files, one folder with an index, ranges, If-Match.
struct Site final : StoreWorld {
  Site() {
    const MountOptions options("web", "http", {{"base_path", "http://10.1.2.3/base"}, {"index", true}},
                               http::kHttpOptions);
    mount = with_retry(make_http({options, network_world.env}), network_world.env);
    fill();
  }

  FakeReply serve(const FakeRequest& request) override {
    const std::string path = parse_target(request.target).path.substr(std::string_view("/base/").size());
    if (path.ends_with('/')) return index(path);
    const auto found = files.find(path);
    if (found == files.end()) return FakeReply::http(404);
    const std::string etag = "\"" + md5_hex_of(found->second) + "\"";
    const std::string match = request.header("if-match");
    if (!match.empty() && match != etag) return FakeReply::http(412);
    return content_reply(request, found->second,
                         "ETag: " + etag + "\r\nLast-Modified: " + std::string(kHttpTime) + "\r\n");
  }
  FakeReply refusal(Fault fault) override {
    if (fault == Fault::slow_down) return FakeReply::http(503, "later", "Retry-After: 1\r\n");
    return fault == Fault::forbidden ? FakeReply::http(403, "no") : FakeReply::http(500, "oops");
  }
  void store(const std::string& path, std::string content) override { files[path] = std::move(content); }
  const std::string* stored(const std::string& path) const override {
    const auto found = files.find(path);
    return found == files.end() ? nullptr : &found->second;
  }

  FakeReply index(const std::string& folder) const {
    const FlatPage members = flat_page(files, folder, true, {}, files.size());
    std::string page = "<a href=\"../\">../</a>";
    for (const auto* names : {&members.keys, &members.folders}) {
      for (const std::string& name : *names) page += "<a href=\"" + name.substr(folder.size()) + "\">x</a>";
    }
    return FakeReply::http(200, page, "Content-Type: text/html\r\n");
  }

  std::map<std::string, std::string> files;
};

GENRO_STORE_FAULTS(HttpFaults, Site, reading_scenarios(), kFaults);

}  // namespace
}  // namespace genro::storage::test
