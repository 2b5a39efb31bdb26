// Links for others: the address of a blob with a shared access signature. Used by the azure backend.
#pragma once

#include <memory>
#include <string>

#include "backends/azure/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::azure {

/// By the account's key, or by one that the service makes for the bearer of a token. Throws unsupported where the mount has a signature only, which it could but pass on, and
/// invalid_argument for parameters that no signature has.
Task<std::string> signed_url(std::shared_ptr<Client> client, std::string path, UrlOptions options);

}  // namespace genro::storage::azure
