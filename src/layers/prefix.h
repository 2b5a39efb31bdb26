// Prefix: a relative mount, the part of another mount below one folder. Paths gain the folder on their way in and lose it in
// entries on their way out. Used by the manager. Closing it leaves the parent open; nothing can leave the folder.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "genro/storage/backend.h"

namespace genro::storage {

/// `folder` is cleaned ("/a//b/" is "a/b"); throws invalid_path when it has ".." or NUL in it. "" gives the parent itself, not closable.
std::shared_ptr<Backend> with_prefix(std::shared_ptr<Backend> parent, std::string_view folder);

/// The folder of this very layer; nothing when it is none of these.
std::optional<std::string> own_prefix(const Backend& backend);

}  // namespace genro::storage
