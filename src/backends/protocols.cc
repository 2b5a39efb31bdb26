#include "backends/protocols.h"

#include <algorithm>

#include "backends/azure/azure.h"
#include "backends/azure/options.h"
#include "backends/base64.h"
#include "backends/fsspec.h"
#include "backends/gcs/gcs.h"
#include "backends/gcs/options.h"
#include "backends/github/github.h"
#include "backends/github/options.h"
#include "backends/http/http.h"
#include "backends/http/options.h"
#include "backends/loadable.h"
#include "backends/local/local.h"
#include "backends/memory/memory.h"
#include "backends/planned.h"
#include "backends/s3/options.h"
#include "backends/s3/s3.h"
#include "backends/webdav/options.h"
#include "backends/webdav/webdav.h"

namespace genro::storage {
namespace {

constexpr Protocol kProtocols[] = {
    {"local", "A folder of this machine", kLocalOptions, &make_local},
    {"s3", "Amazon S3, and servers that speak its API", s3::kS3Options, &make_s3},
    {"gcs", "Google Cloud Storage", gcs::kGcsOptions, &make_gcs},
    {"azure", "Azure Blob Storage", azure::kAzureOptions, &make_azure},
    {"http", "Files of a web server, to read", http::kHttpOptions, &make_http},
    {"memory", "Memory of this process", kMemoryOptions, &make_memory},
    {"base64", "Content inside the path (RFC 4648)", {}, &make_base64},
    {"smb", "A share of a Windows or Samba server", kSmbOptions, nullptr, "smb"},
    {"sftp", "A folder of an SSH server", kSftpOptions, nullptr, "sftp"},
    {"zip", "A ZIP archive", kZipOptions, nullptr, "zip"},
    {"tar", "A tar archive, to read", kTarOptions, nullptr, "tar"},
    {"git", "A git repository, to read", kGitOptions, nullptr, "git"},
    {"github", "A repository on GitHub, to read", github::kGithubOptions, &make_github},
    {"webdav", "A WebDAV server", webdav::kWebdavOptions, &make_webdav},
    {"libarchive", "An archive of any format that libarchive reads", kLibarchiveOptions, nullptr, "libarchive"},
    {"fsspec", "Any filesystem of Python's package fsspec", kFsspecOptions, &make_fsspec},
};

}  // namespace

std::vector<const Protocol*> all_protocols() {
  const std::vector<const Protocol*> loaded = loaded_protocols();
  std::vector<const Protocol*> all;
  for (const Protocol& protocol : kProtocols) {
    const bool replaced =
        !is_available(protocol) &&
        std::any_of(loaded.begin(), loaded.end(), [&](const Protocol* other) { return other->name == protocol.name; });
    if (!replaced) all.push_back(&protocol);
  }
  all.insert(all.end(), loaded.begin(), loaded.end());
  return all;
}

const Protocol* find_protocol(std::string_view name) {
  const std::vector<const Protocol*> all = all_protocols();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Protocol* protocol) { return protocol->name == name; });
  return found == all.end() ? nullptr : *found;
}

bool is_available(const Protocol& protocol) noexcept { return protocol.make || !protocol.package.empty(); }

}  // namespace genro::storage
