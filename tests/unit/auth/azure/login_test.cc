// Which of several credentials counts, and what is said of those that cannot be.
#include "auth/azure/login.h"

#include <gtest/gtest.h>

#include <map>

#include "auth/azure/authorizer.h"
#include "genro/storage/error.h"

namespace genro::storage::azure {
namespace {

class AzureLogin : public testing::Test {
 protected:
  AzureLogin() { options_.account = "account"; }
  Login login() const {
    return complete_login(options_, [this](const char* name) {
      const auto at = variables_.find(name);
      return at == variables_.end() ? std::string() : at->second;
    });
  }
  std::string fault_of_option(std::string* what) const {
    try {
      login();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::config);
      *what = error.message();
      return error.where();
    }
    return "none";
  }

  LoginOptions options_;
  std::map<std::string, std::string> variables_;
};

TEST_F(AzureLogin, what_was_given_counts_before_the_environment_and_a_key_before_a_signature) {
  variables_ = {{"AZURE_STORAGE_KEY", "a2V5"}, {"AZURE_STORAGE_SAS_TOKEN", "?sig=e"}};
  EXPECT_TRUE(login().key);
  EXPECT_EQ(login().sas, "");
  options_.sas_token = "?sig=o";
  EXPECT_FALSE(login().key);
  EXPECT_EQ(login().sas, "sig=o");
  options_.account_key = "b3Vycw==";
  EXPECT_TRUE(login().key);
  EXPECT_EQ(login().sas, "");
  options_.anonymous = true;
  EXPECT_FALSE(login().key);
  EXPECT_EQ(login().identity.kind, IdentityKind::none);
}

TEST_F(AzureLogin, an_environment_that_speaks_of_another_account_says_nothing) {
  variables_ = {{"AZURE_STORAGE_ACCOUNT", "other"}, {"AZURE_STORAGE_KEY", "a2V5"}};
  EXPECT_FALSE(login().key);
  EXPECT_EQ(login().identity.kind, IdentityKind::managed);
  variables_ = {{"AZURE_STORAGE_CONNECTION_STRING", "AccountName=other;AccountKey=eA=="}};
  EXPECT_FALSE(login().key);
}

TEST_F(AzureLogin, an_identity_that_is_named_counts_before_all) {
  options_.account_key = "b3Vycw==";
  options_.credential = "client_secret";
  options_.identity.tenant_id = "t";
  options_.identity.client_id = "c";
  options_.identity.client_secret = "s";
  EXPECT_FALSE(login().key);
  EXPECT_EQ(login().identity.kind, IdentityKind::client_secret);
}

TEST_F(AzureLogin, what_cannot_be_is_told_with_its_option_and_without_what_it_was) {
  std::string what;
  options_.account_key = "no base64!";
  EXPECT_EQ(fault_of_option(&what), "account_key");
  EXPECT_EQ(what.find("no base64!"), std::string::npos);
  options_.account_key = {};
  options_.connection_string = "AccountName=other;AccountKey=eA==";
  EXPECT_EQ(fault_of_option(&what), "account_name");
  options_.connection_string = {};
  options_.credential = "cli";
  EXPECT_EQ(fault_of_option(&what), "credential");
  EXPECT_NE(what.find("sas_token"), std::string::npos);
}

TEST_F(AzureLogin, two_logins_are_of_one_text_when_they_may_do_the_same) {
  options_.account_key = "a2V5";
  const std::string text = login().text();
  EXPECT_EQ(login().text(), text);
  options_.account_key = "b3Vycw==";
  EXPECT_NE(login().text(), text);
  EXPECT_EQ(text.find("a2V5"), std::string::npos);
}

TEST_F(AzureLogin, a_signature_is_put_into_a_target_once_and_into_the_source_of_a_copy) {
  options_.sas_token = "sv=1&sig=x";
  const Authorizer authorizer(login(), nullptr);
  HttpRequest request;
  request.target = "/box/f";
  Authorizer::Proof proof;
  EXPECT_TRUE(authorizer.add(request, proof, 0));
  EXPECT_TRUE(authorizer.add(request, proof, 0));
  EXPECT_EQ(request.target, "/box/f?sv=1&sig=x");
  authorizer.add_source(&request, "https://a/box/f?snapshot=1", "box/f", {}, 0).get();
  EXPECT_EQ(request.headers, "x-ms-copy-source: https://a/box/f?snapshot=1&sv=1&sig=x\r\n");
}

}  // namespace
}  // namespace genro::storage::azure
