// The XML documents that the Blob service answers with, as values: no network. Each parser throws protocol for a document
// that is cut short, malformed or of another kind.
// https://learn.microsoft.com/en-us/rest/api/storageservices/list-blobs
// Used by the azure backend.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/http/page_builder.h"
#include "genro/storage/version.h"

namespace genro::storage::azure {

/// A page of List Blobs; paths are names without `prefix`.
ObjectPage parse_blob_page(std::string_view document, std::string_view prefix);

/// The versions and snapshots of the blob `name` in a page that has them of all blobs whose names begin so.
struct VersionPage {
  std::vector<Version> versions;  ///< oldest first
  std::string next;               ///< "" on the last page
  bool beyond = false;            ///< another blob was seen: what follows is of no interest
};
VersionPage parse_version_page(std::string_view document, std::string_view name);

/// The blocks of a blob, in order.
struct Block {
  std::string id;  ///< base64
  std::uint64_t size = 0;
};
std::vector<Block> parse_block_list(std::string_view document);

/// The tags of a blob, as a request to store them has them: "name=value&other=value", percent-encoded.
std::string parse_tags(std::string_view document);

}  // namespace genro::storage::azure
