// The index of a folder as web servers make it: JSON (nginx's autoindex_format json, Caddy) or a page of links (nginx, Apache,
// python -m http.server, lighttpd). Pure functions over hostile text. Used by the http backend.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "genro/storage/entry.h"
#include "net/uri.h"

namespace genro::storage::http {

struct Index {
  std::vector<Entry> entries;  ///< In order of names, each once. Paths are names.
  bool complete = false;       ///< Sizes and times are there. Pages of links have rounded ones, if any.
};

/// `folder`: the URL of the index, whose path ends in '/'. Links to anywhere else than right below it are none of its
/// entries. Throws protocol for JSON that is no index.
Index parse_index(std::string_view document, std::string_view content_type, const Uri& folder);

}  // namespace genro::storage::http
