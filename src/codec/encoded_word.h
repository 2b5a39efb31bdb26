// Texts of any octets inside header fields: encoded-words (RFC 2047), as S3 writes and reads user metadata that is
// not plain ASCII. Used for metadata values; not for whole headers, whose lines would have to be folded.
#pragma once

#include <string>
#include <string_view>

namespace genro::storage {

// The text itself when a header carries it unchanged, else "=?UTF-8?B?…?=". decode_words() gives the text back.
std::string encode_word(std::string_view text);

// Replaces every encoded-word in UTF-8 or US-ASCII, B or Q encoding; all else stays as it is. Blanks between two
// encoded-words vanish, as the RFC demands.
std::string decode_words(std::string_view text);

}  // namespace genro::storage
