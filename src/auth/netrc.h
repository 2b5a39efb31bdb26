// The passwords of a .netrc file, as curl and ftp keep them. Used by backends over HTTP whose mounts ask for it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace genro::storage {

struct Login {
  std::string user;
  std::string password;
};

/// The login for a host: that of its `machine`, else of `default`; nothing when the text has neither. Pure.
std::optional<Login> find_netrc_login(std::string_view text, std::string_view host);

/// The same of a file; "" = $NETRC, else ~/.netrc. Throws config for a given file that cannot be read; one that was not
/// named may be absent.
std::optional<Login> read_netrc_login(const std::string& file, std::string_view host);

}  // namespace genro::storage
