#include "node/encryption/envelope.h"

#include <algorithm>
#include <utility>

#include "genro/storage/error.h"

namespace genro::storage {

std::optional<EnvelopeHeader> envelope_header(std::string_view stored) noexcept {
  if (!stored.starts_with(kEnvelopePrefix)) return std::nullopt;
  const std::size_t end = stored.substr(0, kEnvelopeMaxHeader).find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view domain = stored.substr(kEnvelopePrefix.size(), end - kEnvelopePrefix.size());
  if (!is_domain(domain)) return std::nullopt;
  return EnvelopeHeader{domain, end + 1};
}

Bytes make_envelope(const KeySet& keys, std::string_view domain, std::uint64_t unix_seconds, const Bytes& plain,
                    const Pause& pause) {
  const FernetKey& key = keys.require(domain).front();
  const std::size_t size = envelope_size(domain, plain.size());
  BytesBuffer buffer(size);
  char* out = reinterpret_cast<char*>(buffer.data());
  out = std::copy(kEnvelopePrefix.begin(), kEnvelopePrefix.end(), out);
  out = std::copy(domain.begin(), domain.end(), out);
  *out++ = '\n';
  key.encrypt(plain.span(), unix_seconds, out, pause);
  return std::move(buffer).freeze(size);
}

Bytes open_envelope(const KeySet& keys, Bytes stored, const Pause& pause) {
  const std::optional<EnvelopeHeader> header = envelope_header(stored.view());
  if (!header) return stored;
  const std::span<const FernetKey> ring = keys.require(header->domain);
  const std::string_view text = stored.view().substr(header->size);
  BytesBuffer token(text.size() / 4 * 3 + 3);
  const std::optional<std::size_t> size = fernet_decode(text, token.data(), pause);
  stored = Bytes();  // not needed any more, and as large as what comes
  const std::span<std::byte> bytes = token.span().first(size.value_or(0));
  const auto key =
      std::find_if(ring.begin(), ring.end(), [&](const FernetKey& known) { return known.signed_by(bytes, pause); });
  const std::optional<std::size_t> plain = size && key != ring.end() ? key->open(bytes, pause) : std::nullopt;
  if (!plain) {
    throw Error(ErrorCode::undecryptable,
                "no installed key opens the encrypted content: it was altered, or is of another key");
  }
  return std::move(token).freeze(*plain);
}

}  // namespace genro::storage
