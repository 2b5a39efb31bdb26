#include "codec/xml_reader.h"

#include "codec/xml_text.h"

namespace genro::storage {
namespace {

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_blank(std::string_view text) {
  for (const char c : text) {
    if (!is_space(c)) return false;
  }
  return true;
}

// "ns:Name attribute='…'" -> "Name"
std::string_view element_name(std::string_view tag) {
  std::size_t end = 0;
  std::size_t begin = 0;
  for (; end < tag.size() && !is_space(tag[end]); ++end) {
    if (tag[end] == ':') begin = end + 1;
  }
  return tag.substr(begin, end - begin);
}

// The end of a tag that begins at `at`, past quoted attribute values; npos when there is none.
std::size_t tag_end(std::string_view text, std::size_t at) {
  const std::size_t quick = text.find('>', at);
  if (quick == std::string_view::npos) return quick;
  if (text.substr(at, quick - at).find_first_of("\"'") == std::string_view::npos) return quick;
  char quote = '\0';
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return at;
    }
  }
  return std::string_view::npos;
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
    const std::size_t at = rest_.find('<');
    if (at == std::string_view::npos) {
      if (depth_ != 0 || !root_seen_ || !is_blank(rest_)) return fail();
      rest_ = {};
      return Event::end;
    }
    if (depth_ == 0 && !is_blank(rest_.substr(0, at)) && rest_.substr(0, at) != "\xef\xbb\xbf") return fail();
    const char* const text_end = rest_.data() + at;
    rest_.remove_prefix(at);
    if (rest_.starts_with("<?")) {
      if (!skip_to("?>")) return fail();
      interrupted_ = true;
      continue;
    }
    if (rest_.starts_with("<!--")) {
      if (!skip_to("-->")) return fail();
      interrupted_ = true;
      continue;
    }
    if (rest_.starts_with("<![CDATA[")) {
      const std::size_t end = rest_.find("]]>");
      if (end == std::string_view::npos || has_cdata_ || text_begin_ != rest_.data()) return fail();
      text_ = rest_.substr(9, end - 9);
      rest_.remove_prefix(end + 3);
      text_begin_ = rest_.data();
      has_cdata_ = true;
      continue;
    }
    if (rest_.starts_with("<!")) return fail();
    const std::size_t end = tag_end(rest_, 1);
    if (end == std::string_view::npos) return fail();
    const std::string_view tag = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    if (!tag.starts_with('/')) return open_tag(tag);
    if (!take_text(text_end)) return fail();
    return close_tag(element_name(tag.substr(1)));
  }
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

XmlReader::Event XmlReader::open_tag(std::string_view tag) noexcept {
  const bool empty = tag.ends_with('/');
  if (empty) tag.remove_suffix(1);
  name_ = element_name(tag);
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
