// Reading the XML documents that stores answer with: element by element, in one pass, without a tree of them.
// Used by backends whose protocol is XML. Half a document is never taken for a whole one.
#pragma once

#include <string>
#include <string_view>

#include "codec/xml_reader.h"
#include "genro/storage/error.h"

namespace genro::storage {

/// Throws protocol: "the server sent …".
[[noreturn]] inline void bad_document(std::string_view what) {
  throw Error(ErrorCode::protocol, "the server sent " + std::string(what));
}

/// Calls `visit(xml)` for every element that closes, once the root is seen to be `root`. Throws protocol for a document that
/// is cut short, malformed or of another kind.
template <class Visit>
void walk_document(std::string_view document, std::string_view root, Visit visit) {
  XmlReader xml(document);
  if (xml.next() != XmlReader::Event::open || xml.name() != root)
    bad_document("a document that is no <" + std::string(root) + ">");
  while (true) {
    switch (xml.next()) {
      case XmlReader::Event::open: break;
      case XmlReader::Event::close: visit(xml); break;
      case XmlReader::Event::end: return;
      case XmlReader::Event::broken: bad_document("XML that is cut short or malformed");
    }
  }
}

}  // namespace genro::storage
