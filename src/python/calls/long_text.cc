#include "python/calls/long_text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "python/calls/convert.h"
#include "python/calls/utf8_units.h"
#include "python/exceptions.h"
#include "python/gil_pause.h"
#include "text/utf8.h"

namespace genro::storage::python {
namespace {

constexpr std::size_t kCodecPiece = std::size_t{256} << 10;  // what a codec of Python's is given at once, with the GIL

/// Calls `work` with the str's characters, as their units, and gives what it gives.
template <class Work>
auto with_units(PyObject* text, Work work) {
  void* const data = PyUnicode_DATA(text);
  switch (PyUnicode_KIND(text)) {
    case PyUnicode_1BYTE_KIND: return work(static_cast<Py_UCS1*>(data));
    case PyUnicode_2BYTE_KIND: return work(static_cast<Py_UCS2*>(data));
    default: return work(static_cast<Py_UCS4*>(data));
  }
}

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// The place near `at` where a character of well-formed UTF-8 begins.
std::size_t boundary(std::string_view text, std::size_t at) noexcept {
  for (int moved = 0; moved < 3 && at < text.size() && continues(text[at]); ++moved) ++at;
  return at;
}

/// Calls `work` with one run of whole characters after the other, without the GIL.
template <class Work>
void by_characters(std::string_view text, Work work) {
  without_gil(text.size(), [&](std::size_t begin, std::size_t end) {
    begin = begin == 0 ? 0 : boundary(text, begin);
    end = boundary(text, end);
    work(text.substr(begin, end - begin));
  });
}

bool is_utf8(std::string_view text) {
  bool good = true;
  by_characters(text,
                [&good](std::string_view run) { good = good && find_invalid_utf8(run) == std::string_view::npos; });
  return good;
}

/// What CPython raises for bytes that are no UTF-8. It looks at them anew: with the GIL, but only up to the first bad one.
[[noreturn]] void raise_undecodable(const Bytes& bytes) {
  checked(PyUnicode_DecodeUTF8(reinterpret_cast<const char*>(bytes.data()), static_cast<Py_ssize_t>(bytes.size()),
                               "strict"));
  throw ErrorIsSet();
}

/// An incremental decoder or encoder of Python's; null where a codec has none, or another one than its whole function.
Ref codec_of(const std::string& encoding, const char* factory) {
  static constexpr std::array<std::string_view, 3> kOnlyWhole = {"idna", "punycode", "undefined"};
  const Ref module = checked(PyImport_ImportModule("codecs"));
  const Ref info = checked(enter([&] { return PyObject_CallMethod(module.get(), "lookup", "s", encoding.c_str()); }));
  const Ref name = checked(PyObject_GetAttrString(info.get(), "name"));
  const Ref is_text = checked(PyObject_GetAttrString(info.get(), "_is_text_encoding"));
  const Ref type = checked(PyObject_GetAttrString(info.get(), factory));
  const bool whole = std::find(kOnlyWhole.begin(), kOnlyWhole.end(), name_from(name.get(), "name")) != kOnlyWhole.end();
  if (whole || is_text.get() != Py_True || type.get() == Py_None) return {};
  return checked(enter([&] { return PyObject_CallFunction(type.get(), "s", "strict"); }));
}

/// One step of an incremental codec; null without an error where it fails: the whole function raises the right error then.
Ref step(PyObject* codec, const char* method, const Ref& piece, bool last) {
  PyObject* const final = last ? Py_True : Py_False;
  Ref result = Ref::steal(enter([&] { return PyObject_CallMethod(codec, method, "OO", piece.get(), final); }));
  if (!result) {
    if (!PyErr_ExceptionMatches(PyExc_UnicodeError)) throw ErrorIsSet();
    PyErr_Clear();
  }
  return result;
}

/// One str of them all. `taken(i)` is called, with the GIL, when the characters of one are in it.
template <class Taken>
Ref joined(const std::vector<Ref>& texts, Taken taken) {
  Py_ssize_t length = 0;
  Py_UCS4 bound = 0x7F;
  for (const Ref& text : texts) {
    length += PyUnicode_GET_LENGTH(text.get());
    bound = std::max(bound, PyUnicode_MAX_CHAR_VALUE(text.get()));
  }
  Ref whole = checked(PyUnicode_New(length, bound));
  with_units(whole.get(), [&](auto* out) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto count = static_cast<std::size_t>(PyUnicode_GET_LENGTH(texts[i].get()));
      with_units(texts[i].get(), [&](const auto* units) {
        without_gil(count, [&](std::size_t begin, std::size_t end) {
          for (std::size_t at = begin; at < end; ++at) *out++ = static_cast<std::decay_t<decltype(*out)>>(units[at]);
        });
      });
      taken(i);
    }
  });
  return whole;
}

/// Of bytes that are one character each, up to U+00FF.
Ref latin_decoded(std::string_view bytes) {
  bool ascii = true;
  without_gil(bytes.size(), [&](std::size_t begin, std::size_t end) {
    const std::string_view run = bytes.substr(begin, end - begin);
    ascii = ascii && ascii_prefix(run) == run.size();
  });
  Ref text = checked(PyUnicode_New(static_cast<Py_ssize_t>(bytes.size()), ascii ? 0x7F : 0xFF));
  auto* const out = static_cast<char*>(PyUnicode_DATA(text.get()));
  without_gil(bytes.size(),
              [&](std::size_t begin, std::size_t end) { std::memcpy(out + begin, bytes.data() + begin, end - begin); });
  return text;
}

/// Of a str whose characters are a byte each.
Bytes latin_encoded(PyObject* text) {
  const auto size = static_cast<std::size_t>(PyUnicode_GET_LENGTH(text));
  BytesBuffer buffer(size);
  without_gil(size, [&](std::size_t begin, std::size_t end) {
    std::memcpy(buffer.data() + begin, PyUnicode_1BYTE_DATA(text) + begin, end - begin);
  });
  return std::move(buffer).freeze(size);
}

/// The whole codec of Python's for these, which has no state, is to copy bytes.
bool names_latin(const std::string& encoding) {
  return encoding == "latin-1" || encoding == "latin1" || encoding == "iso-8859-1" || encoding == "iso8859-1";
}
bool names_ascii(const std::string& encoding) { return encoding == "ascii" || encoding == "us-ascii"; }

Ref decoded_by_pieces(const Bytes& bytes, const std::string& encoding) {
  const Ref decoder = codec_of(encoding, "incrementaldecoder");
  if (!decoder) return {};
  std::vector<Ref> texts;
  for (std::size_t begin = 0; begin < bytes.size(); begin += kCodecPiece) {
    const std::size_t size = std::min(kCodecPiece, bytes.size() - begin);
    const auto* data = reinterpret_cast<const char*>(bytes.data()) + begin;
    const Ref piece = checked(PyBytes_FromStringAndSize(data, static_cast<Py_ssize_t>(size)));
    Ref text = step(decoder.get(), "decode", piece, begin + size == bytes.size());
    if (!text || !PyUnicode_CheckExact(text.get())) return {};
    texts.push_back(std::move(text));
    let_others_run();
  }
  return joined(texts, [&texts](std::size_t i) { texts[i] = Ref(); });
}

std::optional<Bytes> encoded_by_pieces(PyObject* text, const std::string& encoding) {
  const Ref encoder = codec_of(encoding, "incrementalencoder");
  if (!encoder) return std::nullopt;
  const Py_ssize_t length = PyUnicode_GET_LENGTH(text);
  constexpr auto kPiece = static_cast<Py_ssize_t>(kCodecPiece);
  std::vector<Bytes> pieces;
  for (Py_ssize_t begin = 0; begin < length; begin += kPiece) {
    const Py_ssize_t end = std::min(length, begin + kPiece);
    const Ref piece = checked(PyUnicode_Substring(text, begin, end));
    const Ref encoded = step(encoder.get(), "encode", piece, end == length);
    if (!encoded || !PyBytes_CheckExact(encoded.get())) return std::nullopt;
    // A copy: to give back all of Python's own at the end would take long, with the GIL.
    const char* const data = PyBytes_AS_STRING(encoded.get());
    pieces.push_back(Bytes::copy_of(std::string_view(data, static_cast<std::size_t>(PyBytes_GET_SIZE(encoded.get())))));
    let_others_run();
  }
  const GilPause pause;
  return Body(std::move(pieces)).flatten();
}

std::optional<Bytes> utf8_encoded(PyObject* text) {
  const auto length = static_cast<std::size_t>(PyUnicode_GET_LENGTH(text));
  return with_units(text, [length](const auto* units) -> std::optional<Bytes> {
    std::size_t size = 0;
    bool surrogates = false;
    without_gil(length,
                [&](std::size_t begin, std::size_t end) { size += utf8_size(units + begin, units + end, surrogates); });
    if (surrogates) return std::nullopt;
    BytesBuffer buffer(size);
    char* out = reinterpret_cast<char*>(buffer.data());
    without_gil(length,
                [&](std::size_t begin, std::size_t end) { out = encode_utf8(units + begin, units + end, out); });
    return std::move(buffer).freeze(size);
  });
}

}  // namespace

Ref utf8_decoded(std::string_view bytes) {
  TextShape shape;
  by_characters(bytes, [&shape](std::string_view run) { shape.add(run); });
  if (!shape.is_ascii() && !is_utf8(bytes)) return {};
  Ref text = checked(PyUnicode_New(static_cast<Py_ssize_t>(shape.length), shape.bound()));
  with_units(text.get(), [bytes](auto* out) {
    by_characters(bytes, [&out](std::string_view run) { out = decode_utf8(run, out); });
  });
  return text;
}

Ref long_decoded(const Bytes& bytes, const std::string& encoding) {
  if (names_utf8(encoding)) {
    Ref text = utf8_decoded(bytes.view());
    if (!text) raise_undecodable(bytes);
    return text;
  }
  if (names_latin(encoding)) return latin_decoded(bytes.view());
  if (names_ascii(encoding)) {
    Ref text = latin_decoded(bytes.view());
    if (PyUnicode_IS_ASCII(text.get())) return text;
  } else if (Ref text = decoded_by_pieces(bytes, encoding)) {
    return text;
  }
  const auto* data = reinterpret_cast<const char*>(bytes.data());
  return checked(
      enter([&] { return PyUnicode_Decode(data, static_cast<Py_ssize_t>(bytes.size()), encoding.c_str(), "strict"); }));
}

Bytes long_encoded(PyObject* text, const std::string& encoding) {
  const bool is_bytes = names_latin(encoding) ? PyUnicode_KIND(text) == PyUnicode_1BYTE_KIND
                                              : names_ascii(encoding) && PyUnicode_IS_ASCII(text);
  if (is_bytes) return latin_encoded(text);
  std::optional<Bytes> bytes = names_utf8(encoding) ? utf8_encoded(text) : encoded_by_pieces(text, encoding);
  if (bytes) return *std::move(bytes);
  const Ref whole = checked(enter([&] { return PyUnicode_AsEncodedString(text, encoding.c_str(), "strict"); }));
  return bytes_from(whole.get());
}

Ref joined_texts(const std::vector<Ref>& texts) {
  return joined(texts, [](std::size_t) {});
}

}  // namespace genro::storage::python
