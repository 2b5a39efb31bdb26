// Long texts between Python and the engine. CPython's codecs keep the GIL for as long as they take, which stops every other
// thread: here UTF-8 is converted without it, other encodings piece by piece. Used by convert.cc for what is kLong or longer.
// All need the GIL and give it up meanwhile; they throw ErrorIsSet after setting the error that Python's own codec would set.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "genro/storage/bytes.h"
#include "python/ref.h"

namespace genro::storage::python {

/// The str, or null, without an error, when the bytes are no UTF-8.
Ref utf8_decoded(std::string_view bytes);
/// Strictly, by any of Python's codecs.
Ref long_decoded(const Bytes& bytes, const std::string& encoding);
/// Strictly. `text` is a str of any length.
Bytes long_encoded(PyObject* text, const std::string& encoding);
/// One str of them all, in order. They must be exactly str.
Ref joined_texts(const std::vector<Ref>& texts);

}  // namespace genro::storage::python
