// OpenMode: what a mode text such as "r+b" asks for. The rules are those of Python's open(). Used by Node::open.
// Text modes are taken and mean bytes here: decoding is the caller's.
#pragma once

#include <string_view>

namespace genro::storage {

struct OpenMode {
  enum class Kind : unsigned char { read, write, append, create };  ///< r w a x
  Kind kind = Kind::read;
  bool update = false;  ///< '+': reads and writes
  bool writes() const noexcept { return kind != Kind::read || update; }

  /// Throws invalid_argument for everything that Python's open() refuses.
  static OpenMode parse(std::string_view text);
};

}  // namespace genro::storage
