// every_page(): requests one page after the other until the last. A server that sends pages in a circle, or empty ones without
// end, is an error.
// Used by backends that need all pages of an answer at once. (Listings go page by page to who asked: backend/lister.h.)
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "genro/storage/error.h"
#include "genro/storage/task.h"

namespace genro::storage {

/// What a page says of the next one.
struct PageEnd {
  std::string next;    ///< the token that asks for it; "" on the last page
  bool empty = false;  ///< it had nothing that counts
};

/// Decides whether another page may follow, in constant memory: cycle detection by R. P. Brent (1980), which keeps one token,
/// that of the last page whose number was a power of two.
class PageGuard {
 public:
  /// False for a token that leads back, and after 1,000 empty pages in a row, or a million of them in all.
  bool may_follow(const PageEnd& page) {
    constexpr std::uint64_t kMostEmpty = 1000, kMost = 1'000'000;
    empty_ = page.empty ? empty_ + 1 : 0;
    if (page.next == remembered_ || empty_ > kMostEmpty || ++pages_ > kMost) return false;
    if ((pages_ & (pages_ - 1)) == 0) remembered_ = page.next;
    return true;
  }

 private:
  std::string remembered_;  // "" at first, which is no token
  std::uint64_t pages_ = 0;
  std::uint64_t empty_ = 0;
};

/// `ask` is called with "", then with the token of each page, and gives a Task<PageEnd>. Throws protocol for pages without end;
/// `operation` and `path` are for that error.
template <class Ask>
Task<void> every_page(std::string operation, std::string path, Ask ask) {
  PageGuard guard;
  for (std::string token;;) {
    Task<PageEnd> asking = ask(token);
    PageEnd page = co_await asking;
    if (page.next.empty()) co_return;
    if (!guard.may_follow(page))
      throw Error(ErrorCode::protocol, std::move(operation), std::move(path), "the server sends pages without end");
    token = std::move(page.next);
  }
}

}  // namespace genro::storage
