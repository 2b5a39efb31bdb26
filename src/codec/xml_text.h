// Escaping and unescaping of XML character data (XML 1.0 sections 2.4 and 4.1).
// Used by the S3 request and page codecs; pages are read by their own forward scanner, not by this file.
#pragma once

#include <string>
#include <string_view>

namespace genro::storage {

// Appends `text` with "&<>\"'" and the control characters that XML 1.0 can express written as references.
void xml_escape_to(std::string_view text, std::string& out);

// Replaces the five named references and numeric ones (as UTF-8). A reference that is malformed stays as it
// was written: names must never be lost.
std::string xml_unescape(std::string_view text);

}  // namespace genro::storage
