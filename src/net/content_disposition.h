// The Content-Disposition field of a download (RFC 6266; its encoding RFC 8187). Used by Node::serve.
// Whatever the name is, the value is one line of printable ASCII and names no folder.
#pragma once

#include <string>
#include <string_view>

namespace genro::storage {

/// `attachment; filename="name"`, and filename* where plain ASCII cannot say it. Control and text direction characters are
/// dropped, path separators and bytes that are not UTF-8 become '_'; a name of which nothing stays is "download".
std::string content_disposition(std::string_view name);

}  // namespace genro::storage
