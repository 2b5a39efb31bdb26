// XmlReader: walks a small XML document tag by tag, without building a tree and without copying.
// Used by the page and error parsers of stores. It knows elements, text, CDATA and comments; attributes are given as they
// are written, namespace prefixes are skipped, document types are refused (no entity can be declared, so none can explode).
// A document that ends early is an error, never a short answer: check at_end() was reached by next() == end.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace genro::storage {

class XmlReader {
 public:
  enum class Event : unsigned char {
    open,    // <name>: name(), depth() counts it. An element with text only may come as close alone.
    close,   // </name> or the second half of <name/>: name(), text(), parent(); depth() does not count it (any more)
    end,     // the root element was closed and nothing but white space follows
    broken,  // not well-formed, cut short, or nested deeper than kMaxDepth; every later call says so too
  };
  static constexpr std::size_t kMaxDepth = 32;

  explicit XmlReader(std::string_view document) noexcept : rest_(document) {}

  Event next();

  std::string_view name() const noexcept { return name_; }
  // Of the element that was just closed, when it had no child elements: as written, references included.
  std::string_view raw_text() const noexcept { return text_; }
  // The same with references replaced.
  std::string text() const;
  // Of the element that was opened last, as written: after close, those of a leaf.
  std::string_view attributes() const noexcept { return attributes_; }
  // After close: the element around it, "" above the root. After open: the element itself.
  std::string_view parent() const noexcept { return depth_ == 0 ? std::string_view() : names_[depth_ - 1]; }
  std::size_t depth() const noexcept { return depth_; }
  // Whether name() is, and whether parent() is: for documents of thousands of elements, where a call for each comparison
  // with each name that may be there would take longer than the reading.
  template <std::size_t N>
  bool is(const char (&name)[N]) const noexcept {
    return same(name_, name);
  }
  template <std::size_t N>
  bool is_in(const char (&name)[N]) const noexcept {
    return same(parent(), name);
  }

 private:
  template <std::size_t N>
  static bool same(std::string_view text, const char (&name)[N]) noexcept {
    return text.size() == N - 1 && std::memcmp(text.data(), name, N - 1) == 0;  // of a known size: a few instructions
  }
  Event fail() noexcept;
  Event open_tag(std::string_view name, std::string_view attributes, bool empty) noexcept;
  Event close_tag(std::string_view name) noexcept;
  bool skip_markup() noexcept;
  bool take_leaf() noexcept;
  bool skip_to(std::string_view mark) noexcept;
  bool take_text(const char* text_end) noexcept;

  std::string_view rest_;
  std::string_view name_;
  std::string_view text_;
  std::string_view attributes_;
  std::array<std::string_view, kMaxDepth> names_;
  std::size_t depth_ = 0;
  const char* text_begin_ = nullptr;  // after an open tag: where its text begins; null once a child was seen
  bool has_cdata_ = false;            // since the open tag
  bool was_cdata_ = false;            // raw_text() came from CDATA
  bool interrupted_ = false;          // a comment or instruction since the open tag
  bool pending_close_ = false;        // of an empty-element tag
  bool root_seen_ = false;
  bool broken_ = false;
};

}  // namespace genro::storage
