// The answers of WebDAV servers as values: 207 Multi-Status and error documents (RFC 4918 sections 13 and 14). Pure functions
// over hostile text. Used by the webdav backend.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "genro/storage/entry.h"

namespace genro::storage::webdav {

/// One <response>.
struct Resource {
  std::string href;        ///< As it stands there: absolute or not, encoded or not.
  int status = 0;          ///< Of the whole resource; 0 where its properties speak for it.
  Entry entry;             ///< Made of the properties that the server has; without a path.
  std::string lock_owner;  ///< "" where nobody has locked it, or does not tell who.
};

/// Throws protocol for a document that is none.
std::vector<Resource> parse_multistatus(std::string_view document);

/// The number in "HTTP/1.1 404 Not Found"; 0 where there is none.
int parse_status_line(std::string_view line) noexcept;

/// Where an href leads: decoded, the last component by itself.
struct HrefParts {
  std::string folder;  ///< "" or "/…"
  std::string name;    ///< May be what no name can be ("..", "a/b").
  friend bool operator==(const HrefParts&, const HrefParts&) = default;
};
/// `asked`: the path of the request, encoded, to which relative hrefs are relative.
HrefParts split_href(std::string_view href, std::string_view asked);

/// What the server listed right below the folder whose path (encoded, without a slash at its end) was asked for, in order of
/// names. A server behind a proxy may know the folder by another path. The folder itself is not among them: `folder` says
/// whether it was there, and what it is. Names that cannot be in a path make paths that are not clean. Throws protocol where
/// something lies elsewhere.
struct Members {
  std::vector<Entry> entries;  ///< Their paths are below `path`.
  bool is_file = false;        ///< What was asked for is a file.
};
Members members_of(std::vector<Resource> resources, std::string_view asked, const std::string& path);

/// What an error document (Apache's pages are none) says for people: "message"; and the href of the lock that is in the way.
struct Complaint {
  std::string message;
  std::string href;
};
Complaint parse_complaint(std::string_view document);

}  // namespace genro::storage::webdav
