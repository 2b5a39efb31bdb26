#include "node/files/open_mode.h"

#include <string>

#include "genro/storage/error.h"

namespace genro::storage {

OpenMode OpenMode::parse(std::string_view text) {
  OpenMode mode;
  int kinds = 0;
  bool binary = false;
  bool wide = false;
  const Error invalid(ErrorCode::invalid_argument, "open", "", "invalid mode: '" + std::string(text) + "'");
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.find(text[i], i + 1) != std::string_view::npos) throw invalid;
    switch (text[i]) {
      case 'r':
        mode.kind = Kind::read;
        ++kinds;
        break;
      case 'w':
        mode.kind = Kind::write;
        ++kinds;
        break;
      case 'a':
        mode.kind = Kind::append;
        ++kinds;
        break;
      case 'x':
        mode.kind = Kind::create;
        ++kinds;
        break;
      case '+': mode.update = true; break;
      case 'b': binary = true; break;
      case 't': wide = true; break;
      default: throw invalid;
    }
  }
  if (kinds != 1 || (binary && wide)) throw invalid;
  return mode;
}

}  // namespace genro::storage
