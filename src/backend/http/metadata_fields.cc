#include "backend/http/metadata_fields.h"

#include <algorithm>
#include <string>

#include "codec/encoded_word.h"
#include "genro/storage/error.h"
#include "net/ascii.h"

namespace genro::storage {
namespace {

// A name becomes part of a header's: what is no token there (RFC 9110, 5.6.2) could end the header.
void require_token(const std::string& name) {
  const auto allowed = [](char c) { return kTokenChars[static_cast<unsigned char>(c)]; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), allowed)) {
    throw Error(ErrorCode::invalid_argument,
                "a metadata name must be letters, digits and !#$%&'*+-.^_`|~: '" + name + "'");
  }
}

std::string lower(std::string_view name) {
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(), &lower_ascii);
  return out;
}

}  // namespace

Metadata metadata_of(const HttpHead& head, std::string_view prefix) {
  Metadata metadata;
  for (std::size_t i = 0; i < head.size(); ++i) {
    const std::string_view name = head.name(i);
    if (name.size() <= prefix.size() || !equal_ignoring_case(name.substr(0, prefix.size()), prefix)) continue;
    metadata.emplace(lower(name.substr(prefix.size())), decode_words(head.value(i)));
  }
  return metadata;
}

void add_metadata(const Metadata& metadata, std::string_view prefix, HttpRequest& to) {
  for (const auto& [name, value] : metadata) {
    require_token(name);
    to.add_header(std::string(prefix) + lower(name), encode_word(value));
  }
}

}  // namespace genro::storage
