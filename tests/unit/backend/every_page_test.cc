// Loops over pages, and the servers that would never let them end.
#include "backend/http/every_page.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

struct Pages {
  std::vector<std::string> asked;
  Task<PageEnd> page(std::string token, PageEnd end) {
    asked.push_back(std::move(token));
    co_return end;
  }
};

TEST(EveryPage, each_is_asked_for_by_the_token_of_the_one_before) {
  Pages pages;
  every_page("list", "p", [&](const std::string& token) {
    return pages.page(token, {token.size() < 3 ? token + "x" : "", false});
  }).get();
  EXPECT_EQ(pages.asked, (std::vector<std::string>{"", "x", "xx", "xxx"}));
}

TEST(EveryPage, tokens_that_lead_in_a_circle_are_an_error_however_long_it_is) {
  for (const int length : {1, 2, 3, 100}) {
    Pages pages;
    int number = 0;
    auto task = every_page("list", "p", [&](const std::string& token) {
      number = (number + 1) % length;
      return pages.page(token, {"t" + std::to_string(number), false});
    });
    const Result<void> result = std::move(task).result();
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::protocol);
    EXPECT_EQ(result.error().where(), "p");
    EXPECT_LT(pages.asked.size(), static_cast<std::size_t>(4 * length + 4));
  }
}

TEST(EveryPage, a_thousand_empty_pages_in_a_row_are_enough) {
  Pages pages;
  int number = 0;
  auto endless = every_page(
      "list", "p", [&](const std::string& token) { return pages.page(token, {std::to_string(++number), true}); });
  EXPECT_FALSE(std::move(endless).result().ok());
  EXPECT_EQ(pages.asked.size(), 1001u);
  number = 0;
  auto long_one = every_page("list", "p", [&](const std::string& token) {
    ++number;
    return pages.page(token, {number == 5000 ? "" : std::to_string(number), number % 1000 != 0});
  });
  EXPECT_TRUE(std::move(long_one).result().ok()) << "empty ones between full ones are common where much was deleted";
}

}  // namespace
}  // namespace genro::storage
