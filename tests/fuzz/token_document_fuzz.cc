// Whatever a service answers that hands out tokens, or stands in a file of credentials: it is refused with an Error, or there is
// a token, which ends in the future.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "auth/aws/credentials_document.h"
#include "auth/azure/token_source.h"
#include "auth/google/document.h"
#include "genro/storage/error.h"

namespace storage = genro::storage;

namespace {

constexpr std::int64_t kNow = 1'700'000'000'000'000'000;

template <class Parse>
void attempt(Parse parse) {
  try {
    parse();
  } catch (const storage::Error&) {
  }
}

void require(bool kept) {
  if (!kept) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const int status : {200, 400, 503}) {
    const storage::SmallAnswer answer{status, text};
    attempt([&answer] {
      const storage::GoogleToken token = storage::token_of_answer("a service", answer, kNow);
      require(token.authorization.size() > std::string_view("Bearer ").size() && token.expires_at >= kNow);
    });
    attempt([&answer] {
      const storage::azure::Token token = storage::azure::token_of_answer("a service", answer, kNow);
      require(!token.text.empty() && token.expires_at >= 0);
    });
  }
  attempt([&text] {
    const storage::GoogleDocument document = storage::GoogleDocument::parse(text, "a file");
    for (const char* name : {"type", "token_uri", "client_email"}) document.text(name);
    require(!document.inside("credential_source").required("file").empty());
  });
  for (const char* inside : {static_cast<const char*>(nullptr), "roleCredentials"}) {
    attempt([&text, inside] {
      storage::CredentialsMembers members;
      members.inside = inside;
      const storage::Credentials found = storage::credentials_from_json(text, members, "a service");
      require(!found.access_key.empty() && !found.secret_key.empty());
    });
  }
  return 0;
}
