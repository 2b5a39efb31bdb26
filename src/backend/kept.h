// What a store keeps with a content beside its media type and the user's metadata, such as caching headers, on its way from an
// entry to the put that writes the same file anew. It is owned by what owns the entry's metadata, and goes where that goes:
// whoever hands Entry::metadata on to PutOptions::metadata hands on both, and nobody in between has to know.
// Filled and used by the S3 backend; copies between stores leave out what has no meaning elsewhere.
#pragma once

#include <memory>

#include "genro/storage/entry.h"

namespace genro::storage {

/// Metadata that has `kept` with it.
std::shared_ptr<const Metadata> with_kept(Metadata metadata, Metadata kept);
/// What is with the metadata, as long as that lives; null when nothing is.
const Metadata* kept_with(const std::shared_ptr<const Metadata>& metadata) noexcept;

}  // namespace genro::storage
