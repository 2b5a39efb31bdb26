// GET of a content, or of a part of it, and what a server means by answers that are no file's. Used by the webdav backend.
#pragma once

#include <memory>
#include <string>

#include "backend/http/sent_parts.h"
#include "backends/webdav/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::webdav {

/// As Backend::read. `parts`: those of the mount; must outlive the task. No If-Match goes with the GET, since Apache refuses one
/// that is weak: the ETag of the answer is compared here.
Task<std::unique_ptr<Reader>> read_content(std::shared_ptr<Client> client, SentParts* parts, std::string path,
                                           ReadOptions options);

}  // namespace genro::storage::webdav
