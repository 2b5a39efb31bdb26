// How it works:
// 1. OpenSSL reads and writes through a BIO whose two functions call the inner stream; "would block" becomes a BIO retry.
// 2. A step that wants the network tells which direction; reading may want to write (key updates) and the reverse.
// 3. Sessions come by callback (TLS 1.3 sends tickets after the handshake) and are kept for later (tls_sessions.h).
// 4. A stream is closed without close_notify: the HTTP framing tells whether a message was whole.
#include "loop/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "core/mutex.h"
#include "genro/storage/error.h"
#include "loop/tls_sessions.h"

namespace genro::storage {
namespace {

constexpr std::size_t kReadBuffer = 64 * 1024;
constexpr std::size_t kRecord = 16 * 1024;

struct Free {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "unknown failure";
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(static_cast<int>(ERR_GET_REASON(code)));
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : "unknown failure";
}

class SharedContext;

class TlsStream final : public Stream {
 public:
  TlsStream(std::shared_ptr<SharedContext> context, std::unique_ptr<Stream> inner, const std::string& host,
            std::string server);
  ~TlsStream() override;

  IoStep read(const iovec* pieces, int count) noexcept override;
  IoStep write(const iovec* pieces, int count) noexcept override;
  IoStep connect() noexcept override;
  int descriptor() const noexcept override { return inner_->descriptor(); }
  bool stale() noexcept override { return SSL_has_pending(ssl_.get()) != 0 || inner_->stale(); }
  std::string failure() const override { return failure_; }
  bool certificate_failure() const override { return certificate_failure_; }

  Stream& inner() noexcept { return *inner_; }
  // The inner stream's latest, apart: after an end OpenSSL asks no more, but may still write an alert.
  IoStep last_read;
  IoStep last_write;
  const std::string& server() const noexcept { return server_; }
  SharedContext& context() noexcept { return *context_; }

 private:
  IoStep outcome(int result) noexcept;
  IoStep write_one(const void* data, std::size_t size) noexcept;

  std::shared_ptr<SharedContext> context_;
  std::unique_ptr<Stream> inner_;
  std::unique_ptr<SSL, Free> ssl_;
  std::string server_;
  std::string failure_;
  std::vector<char> joined_;  // small pieces of one write, sent as one record
  std::size_t unsent_ = 0;    // of joined_, promised to OpenSSL
  bool connected_ = false;
  bool certificate_failure_ = false;
};

int bio_write(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
  auto& stream = *static_cast<TlsStream*>(BIO_get_data(bio));
  const iovec piece{const_cast<char*>(data), size};
  BIO_clear_retry_flags(bio);
  stream.last_write = stream.inner().write(&piece, 1);
  if (stream.last_write.kind == IoStep::Kind::done) {
    *written = stream.last_write.size;
    return 1;
  }
  if (stream.last_write.kind == IoStep::Kind::want_write) BIO_set_retry_write(bio);
  return 0;
}

int bio_read(BIO* bio, char* data, std::size_t size, std::size_t* got) {
  auto& stream = *static_cast<TlsStream*>(BIO_get_data(bio));
  const iovec piece{data, size};
  BIO_clear_retry_flags(bio);
  stream.last_read = stream.inner().read(&piece, 1);
  if (stream.last_read.kind == IoStep::Kind::done) {
    *got = stream.last_read.size;
    return 1;
  }
  if (stream.last_read.kind == IoStep::Kind::want_read) BIO_set_retry_read(bio);
  return 0;
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF)
    return static_cast<TlsStream*>(BIO_get_data(bio))->last_read.kind == IoStep::Kind::closed;
  return 0;
}

BIO_METHOD* stream_method() {
  struct Method {
    Method() {
      BIO_meth_set_write_ex(method, bio_write);
      BIO_meth_set_read_ex(method, bio_read);
      BIO_meth_set_ctrl(method, bio_control);
    }
    Method(const Method&) = delete;
    Method& operator=(const Method&) = delete;
    ~Method() { BIO_meth_free(method); }
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
  };
  static constinit Lasting<Method> lasting;  // at exit the reactor's thread may still be using it
  return lasting.get().method;
}

class SharedContext final : public TlsContext, public std::enable_shared_from_this<SharedContext> {
 public:
  explicit SharedContext(const TlsOptions& options)
      : verify_(options.verify), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX* context = context_.get();
    if (!context) throw Error(ErrorCode::tls, "TLS cannot be set up: " + openssl_reason());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, kReadBuffer);
    static constexpr std::array<unsigned char, 9> kProtocols = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    SSL_CTX_set_alpn_protos(context, kProtocols.data(), kProtocols.size());
    SSL_CTX_set_verify(context, verify_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* session) {
      auto* stream = static_cast<TlsStream*>(SSL_get_app_data(ssl));
      stream->context().sessions().keep(stream->server(), TlsSession(session));
      return 1;  // the reference is ours now
    });
    load_files(options);
    ERR_clear_error();
  }

  std::unique_ptr<Stream> wrap(std::unique_ptr<Stream> inner, const std::string& host, std::uint16_t port) override {
    return std::make_unique<TlsStream>(shared_from_this(), std::move(inner), host, host + ":" + std::to_string(port));
  }

  SSL_CTX* get() const noexcept { return context_.get(); }
  bool verify() const noexcept { return verify_; }

  TlsSessions& sessions() noexcept { return sessions_; }

 private:
  void load_files(const TlsOptions& options) {
    SSL_CTX* context = context_.get();
    if (!options.ca_file.empty()) {
      if (SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr) != 1) {
        throw Error(ErrorCode::config, "the CA file \"" + options.ca_file + "\" cannot be used: " + openssl_reason());
      }
    } else if (verify_ && SSL_CTX_set_default_verify_paths(context) != 1) {  // honours SSL_CERT_FILE and SSL_CERT_DIR
      throw Error(ErrorCode::tls, "the system's CA certificates cannot be loaded: " + openssl_reason());
    }
    if (options.client_certificate.empty()) return;
    const std::string& key = options.client_key.empty() ? options.client_certificate : options.client_key;
    if (SSL_CTX_use_certificate_chain_file(context, options.client_certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
      throw Error(ErrorCode::config,
                  "the client certificate \"" + options.client_certificate + "\" cannot be used: " + openssl_reason());
    }
  }

  bool verify_;
  std::unique_ptr<SSL_CTX, Free> context_;
  TlsSessions sessions_;
};

bool is_address(const std::string& host) {
  std::array<unsigned char, 16> raw{};
  return inet_pton(AF_INET, host.c_str(), raw.data()) == 1 || inet_pton(AF_INET6, host.c_str(), raw.data()) == 1;
}

TlsStream::TlsStream(std::shared_ptr<SharedContext> context, std::unique_ptr<Stream> inner, const std::string& host,
                     std::string server)
    : context_(std::move(context)),
      inner_(std::move(inner)),
      ssl_(SSL_new(context_->get())),
      server_(std::move(server)) {
  BIO* bio = ssl_ ? BIO_new(stream_method()) : nullptr;
  if (!bio) throw Error(ErrorCode::tls, "TLS cannot be set up: " + openssl_reason());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL* ssl = ssl_.get();
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, this);
  SSL_set_connect_state(ssl);
  SSL_set_quiet_shutdown(ssl, 1);
  if (is_address(host)) {
    if (context_->verify()) X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, host.c_str());
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (context_->verify()) SSL_set1_host(ssl, host.c_str());
  }
  if (const TlsSession session = context_->sessions().take(server_)) SSL_set_session(ssl, session.get());
}

TlsStream::~TlsStream() {
  SSL_shutdown(ssl_.get());  // quiet: sends nothing, but lets the session be resumed
  ERR_clear_error();
}

IoStep TlsStream::outcome(int result) noexcept {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return {IoStep::Kind::want_read, 0, 0};
  if (error == SSL_ERROR_WANT_WRITE) return {IoStep::Kind::want_write, 0, 0};
  if (error == SSL_ERROR_ZERO_RETURN) return {IoStep::Kind::closed, 0, 0};
  for (const IoStep& last : {last_read, last_write}) {
    if (last.kind == IoStep::Kind::failed) return last;
  }
  if (last_read.kind == IoStep::Kind::closed) {
    // Without close_notify this may be an attacker's cut: not the clean end that a body without length needs.
    ERR_clear_error();
    return {IoStep::Kind::failed, 0, ECONNRESET};
  }
  try {
    const long verdict = SSL_get_verify_result(ssl_.get());
    certificate_failure_ = context_->verify() && verdict != X509_V_OK;
    failure_ = certificate_failure_
                   ? std::string("the certificate is not trusted: ") + X509_verify_cert_error_string(verdict)
                   : "TLS failed: " + openssl_reason();
  } catch (...) {
    certificate_failure_ = false;  // out of memory: the step still fails
  }
  ERR_clear_error();
  return {IoStep::Kind::failed, 0, EPROTO};
}

IoStep TlsStream::connect() noexcept {
  if (connected_) return {};
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return outcome(result);
  connected_ = true;
  return {};
}

IoStep TlsStream::read(const iovec* pieces, int count) noexcept {
  std::size_t total = 0;
  for (int i = 0; i < count; ++i) {
    auto* target = static_cast<char*>(pieces[i].iov_base);
    std::size_t left = pieces[i].iov_len;
    while (left > 0) {
      // Later records only as long as they are here already: a step never blocks and never loses what it has.
      if (total > 0 && SSL_has_pending(ssl_.get()) == 0) return {IoStep::Kind::done, total, 0};
      ERR_clear_error();
      std::size_t got = 0;
      const int result = SSL_read_ex(ssl_.get(), target, left, &got);
      if (result != 1) {
        if (total > 0) return {IoStep::Kind::done, total, 0};
        return outcome(result);
      }
      target += got;
      left -= got;
      total += got;
    }
  }
  return {IoStep::Kind::done, total, 0};
}

IoStep TlsStream::write_one(const void* data, std::size_t size) noexcept {
  ERR_clear_error();
  std::size_t written = 0;
  const int result = SSL_write_ex(ssl_.get(), data, size, &written);
  if (result != 1) return outcome(result);
  return {IoStep::Kind::done, written, 0};
}

// Head and small body leave as one record; a big piece goes by itself, without a copy.
IoStep TlsStream::write(const iovec* pieces, int count) noexcept {
  if (unsent_ == 0) {
    std::size_t joint = 0;
    int joined = 0;
    while (joined < count && joint + pieces[joined].iov_len <= kRecord) joint += pieces[joined++].iov_len;
    if (joined == 0 || count == 1) {
      const std::size_t size = pieces[0].iov_len;
      return write_one(pieces[0].iov_base, size);
    }
    try {
      joined_.resize(joint);
    } catch (...) {
      return {IoStep::Kind::failed, 0, ENOMEM};
    }
    std::size_t filled = 0;
    for (int i = 0; i < joined; ++i) {
      if (pieces[i].iov_len) std::memcpy(joined_.data() + filled, pieces[i].iov_base, pieces[i].iov_len);
      filled += pieces[i].iov_len;
    }
    unsent_ = joint;
  }
  // The caller repeats the same bytes after "would block", as OpenSSL demands of us.
  const IoStep step = write_one(joined_.data(), unsent_);
  if (step.kind == IoStep::Kind::done) unsent_ = 0;
  return step;
}

struct Contexts {
  Mutex mutex;
  std::vector<std::pair<TlsOptions, std::weak_ptr<SharedContext>>> known;
};

}  // namespace

std::shared_ptr<TlsContext> TlsContext::of(const TlsOptions& options) {
  static constinit Lasting<Contexts> lasting;
  Contexts* const contexts = &lasting.get();
  const auto find = [&]() -> std::shared_ptr<SharedContext> {
    std::erase_if(contexts->known, [](const auto& entry) { return entry.second.expired(); });
    for (const auto& [known, context] : contexts->known) {
      if (known != options) continue;
      if (auto shared = context.lock()) return shared;
    }
    return nullptr;
  };
  {
    const std::lock_guard lock(contexts->mutex);
    if (auto known = find()) return known;
  }
  auto made = std::make_shared<SharedContext>(options);  // reads files: not under the lock
  const std::lock_guard lock(contexts->mutex);
  contexts->known.emplace_back(options, made);
  return made;
}

}  // namespace genro::storage
