#include "backend/http/error_document.h"

#include "codec/xml_reader.h"

namespace genro::storage {

ErrorDocument parse_error_document(std::string_view document) {
  ErrorDocument error;
  XmlReader xml(document);
  if (xml.next() != XmlReader::Event::open || xml.name() != "Error") return error;
  while (true) {
    const XmlReader::Event event = xml.next();
    if (event == XmlReader::Event::end || event == XmlReader::Event::broken)
      return error;  // what came is better than nothing
    if (event != XmlReader::Event::close || xml.depth() != 1) continue;
    if (xml.name() == "Code")
      error.code = xml.text();
    else if (xml.name() == "Message")
      error.message = xml.text();
    else if (xml.name() == "Region")
      error.region = xml.text();
    else if (xml.name() == "RequestId")
      error.request_id = xml.text();
  }
}

}  // namespace genro::storage
