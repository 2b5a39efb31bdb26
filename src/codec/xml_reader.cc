#include "codec/xml_reader.h"

#include "codec/xml_text.h"

namespace genro::storage {
namespace {

constexpr bool is_xml_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_blank(std::string_view text) {
  for (const char c : text) {
    if (!is_xml_space(c)) return false;
  }
  return true;
}

// What stands between '<' and '>'.
struct Tag {
  std::string_view name;  // without namespace and attributes
  std::size_t size = 0;   // with the '<' and the '>'; 0 when the tag has no end
  bool empty = false;     // <name/>
  std::string_view attributes;
};

// The tag at the start of `text`, which begins with '<'; `at` is where its name begins.
Tag scan_tag(std::string_view text, std::size_t at) {
  const std::size_t size = text.size();
  std::size_t begin = at;
  for (; at < size; ++at) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) > '>') continue;  // letters: all that ends a name is smaller
    if (c == '>' || c == '/' || is_xml_space(c)) break;
    if (c == ':') begin = at + 1;
  }
  Tag tag{text.substr(begin, at - begin), 0, false, {}};
  if (at < size && text[at] == '>') {  // nearly always: nothing but a name
    tag.size = at + 1;
    return tag;
  }
  const std::size_t name_end = at;
  char quote = '\0';
  for (; at < size; ++at) {  // attributes, in which '>' may stand between quotes
    const char c = text[at];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      tag.empty = text[at - 1] == '/';
      tag.size = at + 1;
      tag.attributes = text.substr(name_end, at - name_end);
      break;
    }
  }
  return tag;
}

}  // namespace

XmlReader::Event XmlReader::fail() noexcept {
  broken_ = true;
  return Event::broken;
}

bool XmlReader::skip_to(std::string_view mark) noexcept {
  const std::size_t at = rest_.find(mark);
  if (at == std::string_view::npos) return false;
  rest_.remove_prefix(at + mark.size());
  return true;
}

XmlReader::Event XmlReader::next() {
  if (broken_) return Event::broken;
  if (pending_close_) {
    pending_close_ = false;
    return close_tag(name_);
  }
  while (true) {
    const std::size_t at = rest_.starts_with('<') ? 0 : rest_.find('<');
    if (at == std::string_view::npos) {
      if (depth_ != 0 || !root_seen_ || !is_blank(rest_)) return fail();
      rest_ = {};
      return Event::end;
    }
    if (depth_ == 0 && !is_blank(rest_.substr(0, at)) && rest_.substr(0, at) != "\xef\xbb\xbf") return fail();
    const char* const text_end = rest_.data() + at;
    rest_.remove_prefix(at);
    const char kind = rest_.size() > 1 ? rest_[1] : '\0';
    if (kind == '?' || kind == '!') {
      if (!skip_markup()) return fail();
      continue;
    }
    const Tag tag = scan_tag(rest_, kind == '/' ? 2 : 1);
    if (tag.size == 0) return fail();
    rest_.remove_prefix(tag.size);
    if (kind != '/') return open_tag(tag.name, tag.attributes, tag.empty);
    if (!take_text(text_end)) return fail();
    return close_tag(tag.name);
  }
}

// The usual element has text and no more: then its end is taken at once. Nothing is changed when it is another kind.
bool XmlReader::take_leaf() noexcept {
  const std::size_t at = rest_.find('<');
  if (depth_ == 0 || at == std::string_view::npos) return false;
  const std::string_view end = rest_.substr(at);
  const std::size_t size = name_.size() + 3;
  if (end.size() < size || end[1] != '/' || end[size - 1] != '>' || end.substr(2, name_.size()) != name_) return false;
  text_ = rest_.substr(0, at);
  rest_.remove_prefix(at + size);
  was_cdata_ = false;
  text_begin_ = nullptr;
  has_cdata_ = false;
  return true;
}

// Steps over an instruction, a comment or CDATA, which becomes the text of its element.
bool XmlReader::skip_markup() noexcept {
  if (rest_.starts_with("<![CDATA[")) {
    const std::size_t end = rest_.find("]]>");
    if (end == std::string_view::npos || has_cdata_ || text_begin_ != rest_.data()) return false;
    text_ = rest_.substr(9, end - 9);
    rest_.remove_prefix(end + 3);
    text_begin_ = rest_.data();
    has_cdata_ = true;
    return true;
  }
  interrupted_ = true;
  if (rest_.starts_with("<!--")) return skip_to("-->");
  return rest_.starts_with("<?") && skip_to("?>");
}

// A leaf's text must be of one piece, plain or CDATA: pieces around a comment would have to be joined.
bool XmlReader::take_text(const char* text_end) noexcept {
  if (text_begin_ == nullptr) {
    text_ = {};
    return true;
  }
  const std::string_view plain(text_begin_, static_cast<std::size_t>(text_end - text_begin_));
  if (has_cdata_) return plain.empty();
  text_ = plain;
  return !interrupted_;
}

XmlReader::Event XmlReader::open_tag(std::string_view name, std::string_view attributes, bool empty) noexcept {
  name_ = name;
  attributes_ = attributes;
  if (!empty && take_leaf()) return Event::close;
  if (name_.empty() || depth_ == kMaxDepth || (depth_ == 0 && root_seen_)) return fail();
  root_seen_ = true;
  names_[depth_++] = name_;
  text_begin_ = rest_.data();
  text_ = {};
  has_cdata_ = false;
  interrupted_ = false;
  pending_close_ = empty;
  return Event::open;
}

XmlReader::Event XmlReader::close_tag(std::string_view name) noexcept {
  if (depth_ == 0 || names_[depth_ - 1] != name) return fail();
  name_ = names_[--depth_];
  was_cdata_ = has_cdata_;
  has_cdata_ = false;
  text_begin_ = nullptr;
  return Event::close;
}

std::string XmlReader::text() const {
  const bool verbatim = was_cdata_ || text_.find('&') == std::string_view::npos;
  return verbatim ? std::string(text_) : xml_unescape(text_);
}

}  // namespace genro::storage
