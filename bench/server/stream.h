// A non-blocking socket, plain or TLS, as the fixed-response server uses it: -1 with EAGAIN means "later".
// Owns the descriptor and the TLS state. Only one thread; nothing here waits.
#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <cstddef>

namespace fixed_s3 {

// The context of a TLS server, or nullptr after a message on stderr.
SSL_CTX* make_tls_context(const char* certificate, const char* key);

class Stream {
 public:
  Stream(int fd, SSL_CTX* tls);  // tls may be nullptr: plain
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int fd() const { return fd_; }
  ssize_t read(char* to, std::size_t size);
  ssize_t discard(std::size_t size);  // throws received bytes away, without copying them where the kernel can
  ssize_t write(const iovec* pieces, int count);

 private:
  ssize_t tls_result(int result);

  int fd_;
  SSL* ssl_ = nullptr;
};

}  // namespace fixed_s3
