// Logins over HTTP: what a server asks for, and what it is answered.
#include "auth/http_login.h"

#include <gtest/gtest.h>

#include "fakes/scripted_transport.h"

namespace genro::storage {
namespace {

HttpHead head_of(const std::string& lines) { return test::ScriptedResponse("HTTP/1.1 401 No\n" + lines, "").head; }

TEST(Challenges, are_told_apart_in_one_field_and_in_several) {
  const auto found = challenges_of(head_of(
      "WWW-Authenticate: Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"\n"
      "WWW-Authenticate: Negotiate YII=, Digest nonce = abc, qop=\"auth,auth-int\"\n"));
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].scheme, "newauth");
  EXPECT_EQ(found[0].find("title"), "Login to \"apps\"");
  EXPECT_EQ(found[1].scheme, "basic");
  EXPECT_EQ(found[1].find("realm"), "simple");
  EXPECT_EQ(found[2].scheme, "negotiate");
  EXPECT_EQ(found[3].scheme, "digest");
  EXPECT_EQ(found[3].find("nonce"), "abc");
  EXPECT_EQ(found[3].find("qop"), "auth,auth-int");
}

TEST(Challenges, end_where_they_make_no_sense) {
  EXPECT_TRUE(parse_challenges("").empty());
  EXPECT_TRUE(parse_challenges("\"quoted\"").empty());
  EXPECT_EQ(parse_challenges("Digest nonce=\"never ends").size(), 1U);
  EXPECT_EQ(parse_challenges("Basic , , =").size(), 1U);
}

std::shared_ptr<const DigestChallenge> mufasa(const std::string& algorithm) {
  return digest_challenge(
      parse_challenges("Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=" + algorithm +
                       ", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
                       "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"")
          .front());
}

TEST(Digest, answers_as_the_examples_of_rfc_7616) {
  const DigestAnswer answer{"GET", "/dir/index.html", 1, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"};
  const Login login{"Mufasa", "Circle of Life"};
  const auto response = [&](const std::string& algorithm) {
    const std::string field = digest_authorization(*mufasa(algorithm), login, answer);
    const std::size_t at = field.find("response=\"") + 10;
    return field.substr(at, field.find('"', at) - at);
  };
  EXPECT_EQ(response("MD5"), "8ca523f5e9506fed4657c9700eebdbec");
  EXPECT_EQ(response("SHA-256"), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
  EXPECT_EQ(digest_authorization(*mufasa("MD5"), login, answer),
            "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
            "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", "
            "response=\"8ca523f5e9506fed4657c9700eebdbec\", algorithm=MD5, "
            "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", qop=auth, nc=00000001, "
            "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\"");
}

TEST(Digest, answers_rfc_2069_where_the_server_knows_no_qop) {
  const auto challenge = digest_challenge(
      parse_challenges("Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"").front());
  ASSERT_TRUE(challenge);
  const std::string field =
      digest_authorization(*challenge, {"Mufasa", "CircleOfLife"}, {"GET", "/dir/index.html", 1, "c"});
  EXPECT_NE(field.find("response=\"1949323746fe6a43ef61f9606e7febea\""), std::string::npos);
  EXPECT_EQ(field.find("cnonce"), std::string::npos);
}

TEST(Digest, does_not_answer_what_it_cannot) {
  EXPECT_FALSE(digest_challenge(parse_challenges("Basic realm=x").front()));
  EXPECT_FALSE(digest_challenge(parse_challenges("Digest realm=x").front())) << "no nonce";
  EXPECT_FALSE(digest_challenge(parse_challenges("Digest nonce=x, algorithm=SHA-512-256, qop=auth").front()));
  EXPECT_FALSE(digest_challenge(parse_challenges("Digest nonce=x, qop=\"auth-int\"").front()));
}

TEST(Digest, hides_the_user_or_writes_a_name_beyond_ascii_as_the_rfc_says) {
  const auto challenge = [](const std::string& more) {
    return digest_challenge(parse_challenges("Digest realm=r, nonce=n, algorithm=SHA-256, qop=auth" + more).front());
  };
  const DigestAnswer answer{"GET", "/", 1, "c"};
  EXPECT_NE(digest_authorization(*challenge(""), {"J\xc3\xa4s\xc3\xb8n", "p"}, answer)
                .find("username*=UTF-8''J%C3%A4s%C3%B8n,"),
            std::string::npos);
  const std::string hidden = digest_authorization(*challenge(", userhash=true"), {"ada", "p"}, answer);
  EXPECT_NE(hidden.find("userhash=true"), std::string::npos);
  EXPECT_EQ(hidden.find("ada"), std::string::npos);
}

struct Sent {
  HttpLogin::Authorization first;
  bool again;
  HttpLogin::Authorization second;
};
Sent exchange(HttpLogin& login, const std::string& challenge) {
  Sent sent{login.authorization("GET", "/"), false, {}};
  sent.again = login.challenged(head_of(challenge), sent.first.value, sent.first.used);
  if (sent.again) sent.second = login.authorization("GET", "/");
  return sent;
}

TEST(HttpLogin, waits_to_be_asked_over_an_open_connection_and_takes_the_strongest_offer) {
  HttpLogin login(Env::system(), {"ada", "p"}, HttpLogin::Scheme::by_server, false);
  const Sent sent =
      exchange(login,
               "WWW-Authenticate: Basic realm=\"r\"\nWWW-Authenticate: Digest realm=r, nonce=a, qop=auth\n"
               "WWW-Authenticate: Digest realm=r, nonce=b, qop=auth, algorithm=SHA-256\n");
  EXPECT_EQ(sent.first.value, "");
  ASSERT_TRUE(sent.again);
  EXPECT_NE(sent.second.value.find("nonce=\"b\""), std::string::npos);
  EXPECT_NE(login.authorization("GET", "/").value.find("nc=00000002"), std::string::npos);
}

TEST(HttpLogin, is_basic_at_once_over_tls_and_after_a_challenge_elsewhere) {
  HttpLogin secure(Env::system(), {"ada", "p"}, HttpLogin::Scheme::by_server, true);
  EXPECT_EQ(secure.authorization("GET", "/").value, "Basic YWRhOnA=");
  HttpLogin open(Env::system(), {"ada", "p"}, HttpLogin::Scheme::by_server, false);
  EXPECT_EQ(exchange(open, "WWW-Authenticate: Basic realm=\"r\"\n").second.value, "Basic YWRhOnA=");
  EXPECT_FALSE(exchange(open, "WWW-Authenticate: Basic realm=\"r\"\n").again) << "it was refused";
  HttpLogin digest(Env::system(), {"ada", "p"}, HttpLogin::Scheme::digest, false);
  EXPECT_FALSE(exchange(digest, "WWW-Authenticate: Basic realm=\"r\"\n").again);
}

TEST(HttpLogin, answers_anew_what_is_stale_and_not_what_is_wrong) {
  HttpLogin login(Env::system(), {"ada", "p"}, HttpLogin::Scheme::by_server, false);
  ASSERT_TRUE(exchange(login, "WWW-Authenticate: Digest realm=r, nonce=a, qop=auth\n").again);
  EXPECT_FALSE(exchange(login, "WWW-Authenticate: Digest realm=r, nonce=b, qop=auth\n").again);
  EXPECT_TRUE(exchange(login, "WWW-Authenticate: Digest realm=r, nonce=c, qop=auth, stale=TRUE\n").again);
  const HttpLogin::Authorization accepted = login.authorization("GET", "/");
  accepted.used->proved = true;
  EXPECT_TRUE(exchange(login, "WWW-Authenticate: Digest realm=r, nonce=d, qop=auth\n").again)
      << "not all servers call an old nonce stale";
}

}  // namespace
}  // namespace genro::storage
