// Whether a folder of a local mount takes several spellings for one name. Used by the local backend. May block.
#pragma once

#include "backends/local/rooted_path.h"
#include "core/env.h"

namespace genro::storage::local {

/// Tries it in this very folder, since one file system can have folders of both kinds: makes an empty unfinished file, looks
/// for it under other names, and removes it. True also where that cannot be tried.
bool folds_names(Env& env, const RootedPath& place);

}  // namespace genro::storage::local
