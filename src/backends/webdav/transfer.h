// Requests that change what is at a path, with what they need around them: folders that are not there yet, and the words for
// what stands in the way. Used by the parts of the webdav backend; the functions own what they are given.
#pragma once

#include <memory>
#include <string>

#include "backends/webdav/client.h"
#include "genro/storage/error.h"

namespace genro::storage::webdav {

/// The refusals by which servers say that there is no folder for what is to be written.
bool means_no_folder(const Error& error) noexcept;
/// Makes a folder and those above it, also above the root of the mount. False when it was there.
Task<bool> make_folders(std::shared_ptr<Client> client, std::string path);
/// MOVE or COPY to a target; makes the folders that it is to be in. Without `replace`, precondition_failed where something is.
Task<void> transfer(std::shared_ptr<Client> client, HttpRequest request, std::string to, bool replace);
/// Throws what stands in the way of a write that the server refused with `refusal`: a folder in the place of the file, a file
/// in that of a folder; else the refusal itself.
Task<void> explain(std::shared_ptr<Client> client, std::string path, Error refusal);

}  // namespace genro::storage::webdav
