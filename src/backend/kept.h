// What a store keeps with a content beside its media type and the user's metadata, such as caching headers, on its way from an
// entry to the put that writes the same file anew. It is owned by what owns the entry's metadata, and goes where that goes:
// whoever hands Entry::metadata on to PutOptions::metadata hands on both, and nobody in between has to know.
// Filled and used by the backends of object stores, each of which takes of it what it knows.
#pragma once

#include <memory>

#include "genro/storage/entry.h"
#include "genro/storage/options.h"

namespace genro::storage {

/// Metadata that has `kept` with it, which may be empty.
std::shared_ptr<const Metadata> with_kept(Metadata metadata, Metadata kept);
/// What is with the metadata, as long as that lives; null when nothing is.
const Metadata* kept_with(const std::shared_ptr<const Metadata>& metadata) noexcept;

/// Of a copy by the server that does not take over what its source has beside its content: all that `options` do not say
/// themselves is the source's, and what that keeps in any case.
PutOptions copied_options(PutOptions options, const Entry& source);

}  // namespace genro::storage
