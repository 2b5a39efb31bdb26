#include "node/encryption/encryption.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "backend/body_bytes.h"
#include "backend/bytes_reader.h"
#include "backend/reader.h"
#include "core/mutex.h"
#include "loop/give_way.h"
#include "node/encryption/envelope.h"
#include "node/guard.h"
#include "node/stored_content.h"

namespace genro::storage {
namespace {

// Encrypting a byte takes twice as long as hashing it.
constexpr std::size_t kCryptoWeight = 2;

/// What was read to look at it, and then the rest.
class RejoinedReader final : public LeafReader {
 public:
  RejoinedReader(Bytes head, std::unique_ptr<Reader> rest)
      : head_(std::move(head)), size_(rest->size()), rest_(std::move(rest)) {}
  const Entry& entry() const noexcept override { return rest_->entry(); }
  std::uint64_t begin() const noexcept override { return rest_->begin(); }
  std::uint64_t size() const noexcept override { return size_; }
  Task<std::size_t> read_into(std::span<std::byte> target) override {
    if (head_.empty()) return rest_->read_into(target);
    return read_head(target);
  }
  Task<Bytes> read_all() override {
    if (size_ == kUnknown) {
      Task<Bytes> reading = read_pieces();
      co_return co_await reading;
    }
    BytesBuffer buffer(static_cast<std::size_t>(size_));
    const std::size_t seen = std::min(head_.size(), buffer.capacity());
    std::copy_n(head_.data(), seen, buffer.data());
    Task<void> reading = read_to_end(*rest_, buffer.span().subspan(seen));
    co_await reading;
    const std::size_t size = buffer.capacity();
    co_return std::move(buffer).freeze(size);
  }
  std::optional<FileSpan> file_span() override {
    std::optional<FileSpan> span = rest_->file_span();
    if (span) span->offset -= head_.size(), span->size += head_.size();
    return span;
  }

 private:
  Task<Bytes> read_pieces() {
    std::vector<Bytes> pieces;
    pieces.push_back(std::exchange(head_, Bytes()));
    Task<Bytes> reading = rest_->read_all();
    Bytes rest = co_await reading;
    pieces.push_back(std::move(rest));
    Task<Bytes> flattening = bytes_of(Body(std::move(pieces)));
    co_return co_await flattening;
  }
  Task<std::size_t> read_head(std::span<std::byte> target) {
    const std::size_t count = std::min(target.size(), head_.size());
    std::copy_n(head_.data(), count, target.data());
    head_ = head_.slice(count, head_.size() - count);
    co_return count;
  }

  Bytes head_;
  std::uint64_t size_;
  std::unique_ptr<Reader> rest_;
};

const Encrypted& choice(const Mount& mount, const std::optional<Encrypted>& wanted) noexcept {
  return wanted ? *wanted : mount.default_encrypted;
}

/// The keys installed now; never null.
KeySetPointer keys_of(const Mount& mount) {
  static constinit Lasting<KeySetPointer> none;
  return mount.keys ? mount.keys->keys() : none.get([] { return new KeySetPointer(std::make_shared<KeySet>()); });
}

}  // namespace

bool encrypts(const Mount& mount, const std::optional<Encrypted>& wanted) noexcept {
  const bool* flag = std::get_if<bool>(&choice(mount, wanted));
  return !flag || *flag;
}

std::optional<EncryptionPlan> plan_for(const Mount& mount, const std::optional<Encrypted>& wanted) {
  if (!encrypts(mount, wanted)) return std::nullopt;
  EncryptionPlan encryption{keys_of(mount), {}};
  const std::string* domain = std::get_if<std::string>(&choice(mount, wanted));
  encryption.domain = domain ? *domain : std::string(encryption.keys->default_domain());
  return encryption;
}

bool may_encrypt(const Mount& mount) noexcept { return encrypts(mount, {}) || (mount.keys && mount.keys->active()); }

EncryptionPlan plan_under(const Mount& mount, std::string domain) { return {keys_of(mount), std::move(domain)}; }

Task<std::optional<std::string>> domain_of(MountPointer mount, std::string path) {
  ReadOptions beginning;
  beginning.range = {0, kEnvelopeMaxHeader};
  Task<Bytes> reading = read_stored(mount, std::move(path), std::move(beginning));
  Result<Bytes> head = co_await reading.as_result();
  if (!head.ok()) {
    const ErrorCode code = head.error().code();
    const bool no_file = means_absent(code) || code == ErrorCode::is_directory || code == ErrorCode::out_of_range;
    if (no_file) co_return std::nullopt;
    std::rethrow_exception(head.exception());
  }
  const std::optional<EnvelopeHeader> header = envelope_header(head.value().view());
  co_return header ? std::optional<std::string>(header->domain) : std::nullopt;
}

Task<std::optional<EncryptionPlan>> plan_for_change(MountPointer mount, std::string path) {
  std::optional<EncryptionPlan> encryption = plan_for(*mount, {});
  if (encryption || !may_encrypt(*mount)) co_return encryption;
  Task<std::optional<std::string>> looking = domain_of(mount, std::move(path));
  std::optional<std::string> domain = co_await looking;
  if (domain) encryption = plan_under(*mount, std::move(*domain));
  co_return encryption;
}

void require_keys(const Mount& mount, const std::optional<EncryptionPlan>& encryption, std::string_view operation,
                  std::string_view path) {
  if (!encryption) return;
  try {
    encryption->keys->require(encryption->domain);
  } catch (const Error& error) {
    throw located(error, operation, mount, path);
  }
}

Task<Bytes> encrypt_content(MountPointer mount, EncryptionPlan encryption, Bytes plain) {
  const std::uint64_t now = mount->keys ? mount->keys->unix_seconds() : 0;
  Task<Bytes> encrypting = encrypt_with(std::move(encryption), now, std::move(plain));
  co_return co_await encrypting;
}

Task<Bytes> encrypt_with(EncryptionPlan encryption, std::uint64_t unix_seconds, Bytes plain) {
  Breath breath(co_await current_context());
  const auto encrypt = [&] {
    return make_envelope(*encryption.keys, encryption.domain, unix_seconds, plain, std::ref(breath));
  };
  Task<Bytes> encrypting = on_helper(plain.size() * kCryptoWeight, encrypt);
  co_return co_await encrypting;
}

Task<Bytes> open_with(KeySetPointer keys, Bytes stored) {
  if (!begins_envelope(stored.span())) co_return stored;
  Breath breath(co_await current_context());
  const std::size_t size = stored.size();
  const auto open = [&] { return open_envelope(*keys, std::move(stored), std::ref(breath)); };
  Task<Bytes> opening = on_helper(size * kCryptoWeight, open);
  co_return co_await opening;
}

Task<Bytes> decrypt_content(MountPointer mount, Bytes stored) {
  Task<Bytes> opening = open_with(keys_of(*mount), std::move(stored));
  co_return co_await opening;
}

Task<Bytes> read_stored(MountPointer mount, std::string path, ReadOptions options) {
  if (mount->caps.remote) {
    Task<Bytes> reading = storage::read_bytes(*mount->backend, path, std::move(options));
    co_return co_await reading;
  }
  Task<std::unique_ptr<Reader>> opening = mount->backend->read(path, std::move(options));
  const std::unique_ptr<Reader> reader = co_await opening;
  Task<Bytes> reading = reader->read_all();
  co_return co_await reading;
}

Task<PeekedReader> peeked(std::unique_ptr<Reader> reader) {
  if (const Bytes* all = reader->buffered()) {
    const std::optional<EnvelopeHeader> header = envelope_header(all->view());
    co_return PeekedReader{std::move(reader), header ? std::optional<std::string>(header->domain) : std::nullopt};
  }
  BytesBuffer buffer(kEnvelopeMaxHeader);
  Task<std::size_t> filling = fill(*reader, buffer.span());
  const std::size_t filled = co_await filling;
  Bytes head = std::move(buffer).freeze(filled);
  PeekedReader result;
  if (const std::optional<EnvelopeHeader> header = envelope_header(head.view())) result.domain = header->domain;
  result.reader = std::make_unique<RejoinedReader>(std::move(head), std::move(reader));
  co_return result;
}

namespace {
Task<PeekedReader> decrypted(MountPointer mount, std::string path, std::unique_ptr<Reader> reader) {
  try {
    Task<PeekedReader> looking = peeked(std::move(reader));
    PeekedReader stored = co_await looking;
    if (!stored.domain) co_return stored;
    Task<Bytes> reading = stored.reader->read_all();
    Bytes envelope = co_await reading;
    Task<Bytes> decrypting = decrypt_content(mount, std::move(envelope));
    Bytes plain = co_await decrypting;
    stored.reader = plaintext_reader(stored.reader->entry(), std::move(plain));
    co_return stored;
  } catch (const Error& error) {
    throw located(error, "read", *mount, path);
  }
}
}  // namespace

Task<PeekedReader> open_peeked(MountPointer mount, std::string path, ReadOptions options) {
  Task<std::unique_ptr<Reader>> opening = open_content(mount, path, std::move(options));
  std::unique_ptr<Reader> reader = co_await opening;
  if (mount->snapshot || !may_encrypt(*mount)) co_return PeekedReader{std::move(reader), std::nullopt};
  Task<PeekedReader> decrypting = decrypted(std::move(mount), std::move(path), std::move(reader));
  co_return co_await decrypting;
}

Task<std::unique_ptr<Reader>> open_plaintext(MountPointer mount, std::string path, ReadOptions options) {
  const bool snapshot = mount->snapshot || !options.version.empty();
  Task<std::unique_ptr<Reader>> opening = open_content(mount, path, std::move(options));
  std::unique_ptr<Reader> reader = co_await opening;
  if (snapshot) co_return reader;
  Task<PeekedReader> decrypting = decrypted(std::move(mount), std::move(path), std::move(reader));
  PeekedReader plain = co_await decrypting;
  co_return std::move(plain.reader);
}

std::unique_ptr<Reader> plaintext_reader(Entry entry, Bytes plain) {
  return std::make_unique<BytesReader>(std::move(entry), plain, ByteRange{0, plain.size()});
}

}  // namespace genro::storage
