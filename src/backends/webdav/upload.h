// Large files in parts, as Nextcloud and ownCloud take them ("chunked upload v2"): parts are files of a folder of its own, and a
// MOVE of that folder's ".file" puts them together in place.
// https://docs.nextcloud.com/server/latest/developer_manual/client_apis/WebDAV/chunking.html
// Used by the webdav backend. Nothing is seen before complete(); whoever holds a session must complete or abort it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/webdav/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::webdav {

Task<std::unique_ptr<Upload>> start_upload(std::shared_ptr<Client> client, std::string path, PutOptions options);

/// Removes what killed writers of this mount left in the account's uploads, if it is `older_than` seconds old. The server does
/// not say what path a session is for: `removed` gets its own name.
Task<void> clean_uploads(std::shared_ptr<Client> client, double older_than, std::vector<std::string>* removed);

}  // namespace genro::storage::webdav
