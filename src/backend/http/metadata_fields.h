// User metadata as header fields: each name behind a prefix ("x-amz-meta-", "x-ms-meta-"), values beyond ASCII as encoded
// words (RFC 2047). Used by backends over HTTP.
#pragma once

#include <string_view>

#include "genro/storage/entry.h"
#include "net/http.h"

namespace genro::storage {

/// Names in lower case, without the prefix.
Metadata metadata_of(const HttpHead& head, std::string_view prefix);
/// Throws invalid_argument for a name that cannot be part of a field's.
void add_metadata(const Metadata& metadata, std::string_view prefix, HttpRequest& to);

}  // namespace genro::storage
