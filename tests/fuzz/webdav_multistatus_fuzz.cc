// Whatever a server sends as XML to a WebDAV client: it is refused with an Error, or lists nothing outside of the folder.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "auth/digest_login.h"
#include "backends/webdav/multistatus.h"
#include "core/path.h"
#include "genro/storage/error.h"

namespace webdav = genro::storage::webdav;

namespace {

void check_listing(std::string_view document) {
  const webdav::Members members = webdav::members_of(webdav::parse_multistatus(document), "/dav/d%20e", "d e");
  for (const genro::storage::Entry& entry : members.entries) {
    if (!entry.path.starts_with("d e/")) std::abort();
    // What is a path at all is right below the folder.
    const bool clean = genro::storage::path::is_clean(entry.path);
    if (clean && entry.path.find('/', 4) != std::string::npos) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    check_listing(text);
  } catch (const genro::storage::Error& error) {
    if (error.code() != genro::storage::ErrorCode::protocol) std::abort();
  }
  webdav::parse_complaint(text);
  webdav::split_href(text, "/dav");
  for (const genro::storage::Challenge& challenge : genro::storage::parse_challenges(text)) {
    if (const auto digest = genro::storage::digest_challenge(challenge))
      genro::storage::digest_authorization(*digest, {"user", "password"}, {"GET", "/", 1, "c"});
  }
  return 0;
}
