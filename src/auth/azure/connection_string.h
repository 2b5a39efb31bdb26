// Connection strings of Azure Storage: "AccountName=…;AccountKey=…;BlobEndpoint=…".
// https://learn.microsoft.com/en-us/azure/storage/common/storage-configure-connection-string
// Used by the azure backend. Pure; its text and its result hold secrets.
#pragma once

#include <string>
#include <string_view>

namespace genro::storage::azure {

struct ConnectionString {
  std::string account;
  std::string account_key;    ///< base64; "" = none
  std::string sas;            ///< without '?'; "" = none
  std::string blob_endpoint;  ///< a URL without a slash at its end
};

/// Every form that the tools write: keys of any case, `UseDevelopmentStorage=true` with or without a proxy, endpoints given
/// or made of protocol, account and suffix. Throws config that says what is missing, never what is there.
ConnectionString parse_connection_string(std::string_view text);

/// The endpoint of an account in the public cloud, or in the cloud of a suffix.
std::string blob_endpoint_of(std::string_view account, std::string_view suffix = "core.windows.net");

// What Azurite and the storage emulator serve.
inline constexpr std::string_view kDevelopmentAccount = "devstoreaccount1";
inline constexpr std::string_view kDevelopmentKey =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

}  // namespace genro::storage::azure
