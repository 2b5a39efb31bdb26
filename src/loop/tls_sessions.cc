#include "loop/tls_sessions.h"

#include <utility>

namespace genro::storage {
namespace {

constexpr std::size_t kSessionsPerServer = 4;
constexpr std::size_t kMostServers = 512;

}  // namespace

void TlsSessions::keep(const std::string& server, TlsSession session) {
  const std::lock_guard lock(mutex_);
  if (kept_.size() >= kMostServers && !kept_.contains(server)) kept_.clear();
  std::vector<TlsSession>& of_server = kept_[server];
  if (of_server.size() == kSessionsPerServer) of_server.erase(of_server.begin());
  of_server.push_back(std::move(session));
}

TlsSession TlsSessions::take(const std::string& server) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(server);
  if (found == kept_.end() || found->second.empty()) return nullptr;
  std::vector<TlsSession>& of_server = found->second;
  if (SSL_SESSION_get_protocol_version(of_server.back().get()) != TLS1_3_VERSION) {
    SSL_SESSION_up_ref(of_server.back().get());
    return TlsSession(of_server.back().get());
  }
  TlsSession session = std::move(of_server.back());
  of_server.pop_back();
  return session;
}

}  // namespace genro::storage
