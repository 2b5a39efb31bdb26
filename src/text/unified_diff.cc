#include "text/unified_diff.h"

#include <algorithm>

namespace genro::storage {
namespace {

constexpr std::size_t kContext = 3;

/// The length of the line end at `at`, 0 when there is none.
std::size_t line_end(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  switch (byte(at)) {
    case '\r': return byte(at + 1) == '\n' ? 2 : 1;
    case '\n':
    case '\v':
    case '\f':
    case 0x1c:
    case 0x1d:
    case 0x1e: return 1;
    case 0xc2: return byte(at + 1) == 0x85 ? 2 : 0;
    case 0xe2: return byte(at + 1) == 0x80 && (byte(at + 2) == 0xa8 || byte(at + 2) == 0xa9) ? 3 : 0;
    default: return 0;
  }
}

/// Lines [a_begin, a_end) of the one stand where [b_begin, b_end) of the other do.
struct Change {
  bool equal;
  std::size_t a_begin, a_end, b_begin, b_end;
};

std::vector<Change> changes_between(const std::vector<MatchingBlock>& blocks) {
  std::vector<Change> changes;
  std::size_t a = 0;
  std::size_t b = 0;
  for (const MatchingBlock& block : blocks) {
    if (a < block.a || b < block.b) changes.push_back({false, a, block.a, b, block.b});
    a = block.a + block.size;
    b = block.b + block.size;
    if (block.size > 0) changes.push_back({true, block.a, a, block.b, b});
  }
  return changes;
}

std::size_t back(std::size_t end, std::size_t begin) { return std::max(begin, end - std::min(end, kContext)); }

/// Changes that are near each other, with what is equal around them.
std::vector<std::vector<Change>> hunks_of(std::vector<Change> changes) {
  std::vector<std::vector<Change>> hunks;
  if (changes.empty()) return hunks;
  if (Change& first = changes.front(); first.equal) {
    first.a_begin = back(first.a_end, first.a_begin);
    first.b_begin = back(first.b_end, first.b_begin);
  }
  if (Change& last = changes.back(); last.equal) {
    last.a_end = std::min(last.a_end, last.a_begin + kContext);
    last.b_end = std::min(last.b_end, last.b_begin + kContext);
  }
  std::vector<Change> hunk;
  for (Change change : changes) {
    if (change.equal && change.a_end - change.a_begin > 2 * kContext) {
      Change head = change;
      head.a_end = std::min(change.a_end, change.a_begin + kContext);
      head.b_end = std::min(change.b_end, change.b_begin + kContext);
      hunk.push_back(head);
      hunks.push_back(std::move(hunk));
      hunk.clear();
      change.a_begin = back(change.a_end, change.a_begin);
      change.b_begin = back(change.b_end, change.b_begin);
    }
    hunk.push_back(change);
  }
  hunks.push_back(std::move(hunk));
  std::erase_if(hunks, [](const std::vector<Change>& group) { return group.size() == 1 && group.front().equal; });
  return hunks;
}

std::string range_text(std::size_t begin, std::size_t end) {
  const std::size_t length = end - begin;
  if (length == 1) return std::to_string(begin + 1);
  return std::to_string(length == 0 ? begin : begin + 1) + "," + std::to_string(length);
}

void add_lines(std::string& out, char mark, const std::vector<std::string_view>& lines, std::size_t begin,
               std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) (out += mark) += lines[i];
}

}  // namespace

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = line_end(text, at);
    if (end == 0) {
      ++at;
      continue;
    }
    at += end;
    lines.push_back(text.substr(begin, at - begin));
    begin = at;
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

std::string unified_diff(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b,
                         const std::vector<MatchingBlock>& blocks, std::string_view from, std::string_view to) {
  std::string out;
  for (const std::vector<Change>& hunk : hunks_of(changes_between(blocks))) {
    if (out.empty()) out.append("--- ").append(from).append("\n+++ ").append(to).append("\n");
    out.append("@@ -").append(range_text(hunk.front().a_begin, hunk.back().a_end));
    out.append(" +").append(range_text(hunk.front().b_begin, hunk.back().b_end)).append(" @@\n");
    for (const Change& change : hunk) {
      if (change.equal) {
        add_lines(out, ' ', a, change.a_begin, change.a_end);
      } else {
        add_lines(out, '-', a, change.a_begin, change.a_end);
        add_lines(out, '+', b, change.b_begin, change.b_end);
      }
    }
  }
  return out;
}

}  // namespace genro::storage
