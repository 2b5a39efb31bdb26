// How a content becomes that of a path, whole or not at all. RFC 4918 does not promise that a PUT that breaks off changes
// nothing, so that a file is sent under a name that nobody looks at (backend/unfinished_upload.h), and then moved to its place;
// but where the server is known to replace as a whole by itself, it is sent at once. Used by the webdav backend; the functions
// own what they are given.
#pragma once

#include <memory>
#include <string>

#include "backends/webdav/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::webdav {

/// As Backend::put. A condition is compared before the content comes to its place, by the server where it is sent there at once:
/// of two writers at one moment both may pass.
Task<Entry> put_content(std::shared_ptr<Client> client, std::string path, Body body, PutOptions options);
/// As Backend::copy; `source` may be another mount of the same server.
Task<Entry> copy_content(std::shared_ptr<Client> source, std::shared_ptr<Client> client, std::string from,
                         std::string to);
/// DELETE of one file or empty folder; absent: success.
Task<void> remove_at(std::shared_ptr<Client> client, std::string path, std::string operation);
/// What a path that was written holds now; if it can be seen, and has that size.
Task<Entry> written(std::shared_ptr<Client> client, std::string path, std::uint64_t size);

}  // namespace genro::storage::webdav
