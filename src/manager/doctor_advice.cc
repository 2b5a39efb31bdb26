#include "manager/doctor_advice.h"

namespace genro::storage {

std::string_view check_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::tls: return "tls";
    case ErrorCode::unauthenticated:
    case ErrorCode::permission_denied: return "authenticates";
    case ErrorCode::not_found:
    case ErrorCode::not_directory: return "finds";
    default: return "connects";
  }
}

std::string_view advice_for(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::connection: return "check the host and port of the mount, name service, firewall and proxy";
    case ErrorCode::timeout:
      return "check that the host and port are those of the server and that no firewall drops packets";
    case ErrorCode::tls:
      return "check that the server speaks https here, and name its authority to the mount if it has its own";
    case ErrorCode::unauthenticated:
      return "check the mount's credentials, that they have not expired, and the clock here";
    case ErrorCode::permission_denied: return "allow it on the server, or give the mount other credentials";
    case ErrorCode::not_found: return "check the name of the bucket, container, repository or folder, or make it";
    case ErrorCode::not_directory: return "let the mount stand on a folder";
    case ErrorCode::no_space: return "free space, or raise the quota";
    case ErrorCode::throttled:
    case ErrorCode::unavailable: return "try again later; if it stays so, look at the server";
    case ErrorCode::protocol: return "check that the address and the protocol of the mount are those of the server";
    case ErrorCode::corrupt:
    case ErrorCode::truncated: return "look for what changes data on its way: a proxy, a faulty disk or network";
    case ErrorCode::config: return "mend the mount's configuration";
    case ErrorCode::missing_library: return "install the library";
    default: return "";
  }
}

}  // namespace genro::storage
