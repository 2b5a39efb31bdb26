// Whatever Google's server says of an upload while it goes on: each line answers one request, "200 OBJECT", or the Range field of
// a 308. The session ends in an Error or in an object; it sends what it was given, each byte in its place, and asks no more
// often than the content can explain.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../fakes/scripted_transport.h"
#include "backends/gcs/session.h"
#include "core/env.h"
#include "genro/storage/error.h"

namespace storage = genro::storage;
namespace gcs = genro::storage::gcs;
using storage::test::Asked;
using storage::test::Script;
using storage::test::ScriptedAnswer;
using storage::test::ScriptedTransport;

namespace {

constexpr std::size_t kUnits = 3;
constexpr std::size_t kMostRequests = 200;

const std::string& content() {
  static const std::string text = [] {
    std::string made(kUnits * gcs::UploadSession::kUnit + 100, ' ');
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<char>('a' + i % 23);
    return made;
  }();
  return text;
}

/// "content-range: bytes 0-9/*": the body must be that of the content.
void check_sent(const Asked& asked) {
  constexpr std::string_view kName = "content-range: bytes ";
  const std::size_t at = asked.headers.find(kName);
  if (at == std::string::npos) std::abort();
  const std::string range = asked.headers.substr(at + kName.size());
  if (range.starts_with('*')) {
    if (!asked.body.empty()) std::abort();
    return;
  }
  const std::size_t begin = std::stoull(range);
  if (content().compare(begin, asked.body.size(), asked.body) != 0 || asked.body.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view left(reinterpret_cast<const char*>(data), size);
  if (std::any_of(left.begin(), left.end(), [](char c) { return (c < ' ' && c != '\n') || c == 127; })) return 0;
  auto script = std::make_shared<Script>();
  script->answer = [&left, &script](const Asked& asked) -> ScriptedAnswer {
    if (script->asked.size() > kMostRequests) std::abort();
    if (asked.method == "DELETE") return {"HTTP/1.1 499 Ended\n", ""};
    check_sent(asked);
    if (left.empty()) return {"HTTP/1.1 400 Bad\n", ""};
    const std::string line(left.substr(0, left.find('\n')));
    left.remove_prefix(std::min(line.size() + 1, left.size()));
    if (line.starts_with("200 ")) return {"HTTP/1.1 200 OK\n", line.substr(4)};
    return {"HTTP/1.1 308 Goes on\n" + (line.empty() ? "" : "Range: " + line + "\n"), ""};
  };
  gcs::Config config;
  config.bucket = "b";
  config.server = storage::Uri::parse("http://host");
  auto client =
      std::make_shared<gcs::Client>(config, storage::Env::system(), nullptr,
                                    [script](const storage::HttpEndpoint& endpoint, const storage::HttpOptions&) {
                                      return std::make_shared<ScriptedTransport>(script, endpoint.host);
                                    });
  try {
    gcs::UploadSession session(std::move(client), "p", "/session");
    const std::size_t whole = kUnits * gcs::UploadSession::kUnit;
    session.send(storage::Body(storage::Bytes::copy_of(content().substr(0, whole)))).get();
    if (session.begin() != whole) std::abort();
    session.finish(storage::Body(storage::Bytes::copy_of(content().substr(whole))), {}).get();
  } catch (const storage::Error&) {
  }
  return 0;
}
