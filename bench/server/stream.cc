#include "stream.h"

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>

namespace fixed_s3 {

SSL_CTX* make_tls_context(const char* certificate, const char* key) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_use_certificate_chain_file(context, certificate) == 1 &&
      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1) {
    return context;
  }
  ERR_print_errors_fp(stderr);
  return nullptr;
}

Stream::Stream(int fd, SSL_CTX* tls) : fd_(fd) {
  if (tls == nullptr) return;
  ssl_ = SSL_new(tls);
  SSL_set_fd(ssl_, fd);
  SSL_set_accept_state(ssl_);
}

Stream::~Stream() {
  SSL_free(ssl_);
  ::close(fd_);
}

ssize_t Stream::tls_result(int result) {
  if (result > 0) return result;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    default:
      ERR_clear_error();
      errno = EPROTO;
      return -1;
  }
}

ssize_t Stream::read(char* to, std::size_t size) {
  if (ssl_ == nullptr) return ::recv(fd_, to, size, 0);
  return tls_result(SSL_read(ssl_, to, static_cast<int>(std::min<std::size_t>(size, INT_MAX))));
}

ssize_t Stream::discard(std::size_t size) {
  if (ssl_ == nullptr) return ::recv(fd_, nullptr, size, MSG_TRUNC);  // tcp(7): dropped in the kernel
  static std::array<char, 1 << 16> scratch;
  return read(scratch.data(), std::min(size, scratch.size()));
}

ssize_t Stream::write(const iovec* pieces, int count) {
  if (ssl_ == nullptr) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces);  // sendmsg does not write to it
    message.msg_iovlen = static_cast<std::size_t>(count);
    return ::sendmsg(fd_, &message, MSG_NOSIGNAL);
  }
  std::array<char, 16384> record;  // a head and a short body in one record
  std::size_t filled = 0;
  for (int i = 0; i < count && filled < record.size(); ++i) {
    const auto take = std::min(pieces[i].iov_len, record.size() - filled);
    std::memcpy(record.data() + filled, pieces[i].iov_base, take);
    filled += take;
  }
  return tls_result(SSL_write(ssl_, record.data(), static_cast<int>(filled)));
}

}  // namespace fixed_s3
