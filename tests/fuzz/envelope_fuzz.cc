// Whatever is stored: it is given back as it is, refused, or opened, and then encrypting gives an envelope that opens to the same.
// Key material is taken or refused, and domains that were taken are possible ones. The first byte says which of the two.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "genro/storage/error.h"
#include "node/encryption/envelope.h"

using namespace genro::storage;

namespace {

constexpr std::string_view kKeys =
    "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=,acme:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

void open_it(std::string_view text) {
  static const KeySet keys(kKeys);
  const Bytes stored = Bytes::copy_of(text);
  const bool begins = begins_envelope(stored.span());
  const auto header = envelope_header(text);
  if (header && (!begins || header->size > kEnvelopeMaxHeader || !is_domain(header->domain))) std::abort();
  try {
    const Bytes plain = open_envelope(keys, stored);
    if (!header && plain != stored) std::abort();
    if (header && open_envelope(keys, make_envelope(keys, header->domain, 0, plain)) != plain) std::abort();
  } catch (const Error& error) {
    if (!header) std::abort();
    if (error.code() != ErrorCode::missing_key && error.code() != ErrorCode::undecryptable) std::abort();
  }
}

void install_it(std::string_view text) {
  try {
    const KeySet keys(text);
    const auto domains = keys.domains();
    if (domains.empty() || domains.front() != keys.default_domain()) std::abort();
    for (const std::string& domain : domains) {
      if (!is_domain(domain)) std::abort();
      if (open_envelope(keys, make_envelope(keys, domain, 0, Bytes::copy_of("x"))).view() != "x") std::abort();
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::config) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'k') {
    install_it(text);
  } else {
    open_it(text);
  }
  return 0;
}
