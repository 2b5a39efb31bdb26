#include "auth/netrc.h"

#include <gtest/gtest.h>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

std::string login(std::string_view text, std::string_view host) {
  const std::optional<Login> found = find_netrc_login(text, host);
  return found ? found->user + ":" + found->password : "none";
}

TEST(Netrc, has_the_login_of_a_host) {
  const std::string_view text = "machine a login me password one\n\nmachine b\n\tlogin you\n\tpassword \"t w\\\"o\"\n";
  EXPECT_EQ(login(text, "a"), "me:one");
  EXPECT_EQ(login(text, "B"), "you:t w\"o");
  EXPECT_EQ(login(text, "c"), "none");
  EXPECT_EQ(login("", "a"), "none");
}

TEST(Netrc, has_a_default_for_all_hosts_that_were_not_named_before_it) {
  const std::string_view text = "machine a login me password one\ndefault login any password two";
  EXPECT_EQ(login(text, "a"), "me:one");
  EXPECT_EQ(login(text, "c"), "any:two");
}

TEST(Netrc, has_comments_and_macros_that_say_nothing) {
  const std::string_view text =
      "# machine a login x password x\nmacdef init\nmachine a login y\n\nmachine a login me password one";
  EXPECT_EQ(login(text, "a"), "me:one");
}

TEST(Netrc, that_was_named_must_be_there) { EXPECT_THROW(read_netrc_login("/nonexistent/netrc", "a"), Error); }

}  // namespace
}  // namespace genro::storage
