#include "backends/protocols.h"

#include "backends/base64.h"
#include "backends/fsspec.h"
#include "backends/http/http.h"
#include "backends/http/options.h"
#include "backends/local/local.h"
#include "backends/memory/memory.h"
#include "backends/planned.h"
#include "backends/s3/options.h"
#include "backends/s3/s3.h"

namespace genro::storage {
namespace {

constexpr Protocol kProtocols[] = {
    {"local", "A folder of this machine", kLocalOptions, &make_local},
    {"s3", "Amazon S3, and servers that speak its API", s3::kS3Options, &make_s3},
    {"gcs", "Google Cloud Storage", kGcsOptions, nullptr, "gcs"},
    {"azure", "Azure Blob Storage", kAzureOptions, nullptr, "abfs"},
    {"http", "Files of a web server, to read", http::kHttpOptions, &make_http},
    {"memory", "Memory of this process", kMemoryOptions, &make_memory},
    {"base64", "Content inside the path (RFC 4648)", {}, &make_base64},
    {"smb", "A share of a Windows or Samba server", kSmbOptions, nullptr, "smb"},
    {"sftp", "A folder of an SSH server", kSftpOptions, nullptr, "sftp"},
    {"zip", "A ZIP archive", kZipOptions, nullptr, "zip"},
    {"tar", "A tar archive, to read", kTarOptions, nullptr, "tar"},
    {"git", "A git repository, to read", kGitOptions, nullptr, "git"},
    {"github", "A repository on GitHub, to read", kGithubOptions, nullptr, "github"},
    {"webdav", "A WebDAV server", kWebdavOptions, nullptr, "webdav"},
    {"libarchive", "An archive of any format that libarchive reads", kLibarchiveOptions, nullptr, "libarchive"},
    {"fsspec", "Any filesystem of Python's package fsspec", kFsspecOptions, &make_fsspec},
};

}  // namespace

std::span<const Protocol> all_protocols() noexcept { return kProtocols; }

const Protocol* find_protocol(std::string_view name) noexcept {
  for (const Protocol& protocol : kProtocols) {
    if (protocol.name == name) return &protocol;
  }
  return nullptr;
}

}  // namespace genro::storage
