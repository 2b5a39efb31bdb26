// TLS over any Stream, by OpenSSL 3: TlsContext holds what connections of one set of options share (certificates, sessions),
// make_tls_stream lays it over a connected stream. Used by the HTTP connector.
// Sessions are resumed per server name; nothing of OpenSSL shows outside of tls.cc.
#pragma once

#include <memory>
#include <string>

#include "core/network.h"

namespace genro::storage {

struct TlsOptions {
  bool verify = true;              ///< Certificate chain and host name.
  std::string ca_file;             ///< PEM; "" = SSL_CERT_FILE, SSL_CERT_DIR or the system's.
  std::string client_certificate;  ///< PEM file, "" = none
  std::string client_key;          ///< PEM file, "" = inside client_certificate
  bool operator==(const TlsOptions&) const = default;
};

class TlsContext {
 public:
  /// The shared context of these options. Throws config when a file cannot be used. Thread-safe.
  static std::shared_ptr<TlsContext> of(const TlsOptions& options);

  virtual ~TlsContext() = default;
  /// `inner` is connected; connect() of the result makes the handshake. `host` is a name or an address: it is sent as SNI
  /// (names only) and checked against the certificate; `port` tells sessions of different servers apart.
  virtual std::unique_ptr<Stream> wrap(std::unique_ptr<Stream> inner, const std::string& host, std::uint16_t port) = 0;
};

}  // namespace genro::storage
