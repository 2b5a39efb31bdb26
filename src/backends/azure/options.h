// The options of an Azure mount. config.cc makes a Config of them; docs/backends/azure.md tells more of them.
#pragma once

#include "backend/http/http_options.h"
#include "genro/storage/option_spec.h"

namespace genro::storage::azure {

inline constexpr OptionSpec kAzureOptions[] = {
    {.name = "container", .required = true, .place = true, .help = "the container's name"},
    {.name = "account_name", .required = true, .help = "the account"},
    {.name = "base_path",
     .alias = "prefix",
     .place = true,
     .otherwise = "the whole container",
     .help = "what every name of the mount begins with"},
    {.name = "account_key", .secret = true, .otherwise = "by environment", .help = "the account's key"},
    {.name = "sas_token", .secret = true, .otherwise = "by environment", .help = "a shared access signature"},
    {.name = "connection_string",
     .secret = true,
     .otherwise = "by environment",
     .help = "endpoint and credentials in one text"},
    {.name = "credential",
     .choices = "auto client_secret certificate workload managed cli",
     .otherwise = "`auto`",
     .help =
         "which identity of Microsoft Entra ID asks for tokens; `auto`: the first that is set up, if there is no key "
         "and no signature"},
    {.name = "tenant_id", .otherwise = "`AZURE_TENANT_ID`", .help = "of `client_id`"},
    {.name = "client_id",
     .otherwise = "`AZURE_CLIENT_ID`",
     .help = "a registered program, or a managed identity that users assigned"},
    {.name = "client_secret", .secret = true, .otherwise = "`AZURE_CLIENT_SECRET`", .help = "of `client_id`"},
    {.name = "client_certificate",
     .otherwise = "`AZURE_CLIENT_CERTIFICATE_PATH`",
     .help = "a PEM file of a private key, without a passphrase, and its certificate"},
    {.name = "federated_token_file",
     .secret = true,
     .otherwise = "`AZURE_FEDERATED_TOKEN_FILE`",
     .help = "of a workload identity"},
    {.name = "anon", .type = OptionType::flag, .otherwise = "false", .help = "sign nothing: a public container"},
    {.name = "endpoint_url", .otherwise = "the public cloud", .help = "where the account answers, `http` or `https`"},
    {.name = "lease_id", .help = "of the lease that blobs of the mount are under"},
    {.name = "access_tier", .help = "of what is stored: `Hot`, `Cool`, `Cold`, `Archive`"},
    {.name = "store_md5",
     .type = OptionType::flag,
     .otherwise = "false",
     .help = "keep an MD5 with blobs that go up in blocks, too"},
    {.name = "version_aware",
     .type = OptionType::flag,
     .otherwise = "false",
     .help = "show versions and snapshots as versions"},
    {.name = "delete_snapshots",
     .type = OptionType::flag,
     .otherwise = "false",
     .help = "delete the snapshots of a blob together with it, instead of refusing"},
    {.name = "verify_downloads",
     .type = OptionType::flag,
     .otherwise = "true",
     .help = "compare what is read with the checksums of the service"},
    {.name = "part_size",
     .type = OptionType::integer,
     .otherwise = "8388608",
     .help = "bytes of a block of an upload, up to 4000 MiB; grows so that 50,000 blocks are enough"},
    kVerifySslOption,
    kCaFileOption,
    kProxyOption,
    kMaxConnectionsOption,
    kConnectTimeoutOption,
    kTimeoutOption,
};

}  // namespace genro::storage::azure
