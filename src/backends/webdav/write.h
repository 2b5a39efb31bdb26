// How a content becomes that of a path, whole or not at all. RFC 4918 does not promise that a PUT that breaks off changes
// nothing, so that a file is sent under a name that nobody looks at, and then moved to its place; but where the server is known
// to replace as a whole by itself, it is sent at once. Used by the webdav backend; the functions own what they are given.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "backends/webdav/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::webdav {

/// Whether a name is one that a content has until it is in its place. Nobody else comes upon such a name by chance.
bool is_unfinished_name(std::string_view name) noexcept;

/// As Backend::put.
Task<Entry> put_content(std::shared_ptr<Client> client, std::string path, Body body, PutOptions options);
/// As Backend::copy; `source` may be another mount of the same server.
Task<Entry> copy_content(std::shared_ptr<Client> source, std::shared_ptr<Client> client, std::string from,
                         std::string to);
/// MOVE or COPY to a target; makes the folders that it is to be in. Without `replace`, precondition_failed where something is.
Task<void> transfer(std::shared_ptr<Client> client, HttpRequest request, std::string to, bool replace);
/// Makes a folder and those above it, also above the root of the mount. False when it was there.
Task<bool> make_folders(std::shared_ptr<Client> client, std::string path);
/// What a path that was written holds now; if it can be seen, and has that size.
Task<Entry> written(std::shared_ptr<Client> client, std::string path, std::uint64_t size);
/// Throws what stands in the way of a write that the server refused with `refusal`: a folder in the place of the file, a file
/// in that of a folder; else the refusal itself.
Task<void> explain(std::shared_ptr<Client> client, std::string path, Error refusal);

}  // namespace genro::storage::webdav
