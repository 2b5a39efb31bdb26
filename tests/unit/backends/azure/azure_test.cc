// What the Azure backend asks for, and what it makes of answers, over a transport that answers from a function.
#include "backends/azure/azure.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "auth/azure/token.h"
#include "fakes/scripted_transport.h"

namespace genro::storage::azure {
namespace {

using test::Asked;
using test::ScriptedAnswer;

class FixedClock final : public Clock {
 public:
  TimePoint now() noexcept override { return {}; }
  std::int64_t wall_ns() noexcept override { return 1'700'000'000LL * 1'000'000'000; }
};

class AzureTest : public testing::Test {
 protected:
  AzureTest() {
    config_.login.account = "account";
    config_.container = "box";
    config_.prefix = "p/";
    config_.endpoint = "https://account.blob.core.windows.net";
    config_.login.key = std::make_shared<const SharedKey>(*SharedKey::parse("account", "a2V5"));
    env_.clock = &clock_;
  }
  void start(std::function<ScriptedAnswer(const Asked&)> answer, std::shared_ptr<Tokens> tokens = nullptr) {
    script_->answer = std::move(answer);
    const std::shared_ptr<test::Script> script = script_;
    client_ = std::make_shared<Client>(
        config_, env_, std::move(tokens), [script](const HttpEndpoint& endpoint, const HttpOptions&) {
          return std::make_shared<test::ScriptedTransport>(script, endpoint.host_header());
        });
    backend_ = make_azure(client_);
  }
  ErrorCode failure(auto task) {
    const auto result = std::move(task).result();
    if (result.ok()) return ErrorCode::internal;
    message_ = result.error().what();
    return result.error().code();
  }
  std::string get(const std::string& path, ReadOptions options = {}) {
    return backend_->read(path, std::move(options)).get()->read_all().get().to_string();
  }
  const Asked& last() const { return script_->asked.back(); }

  Config config_;
  FixedClock clock_;
  Env env_ = Env::system();
  std::shared_ptr<test::Script> script_ = std::make_shared<test::Script>();
  std::shared_ptr<Client> client_;
  std::shared_ptr<Backend> backend_;
  std::string message_;
};

ScriptedAnswer refusal(int status, const std::string& code) {
  return {"HTTP/1.1 " + std::to_string(status) + " No\nx-ms-error-code: " + code + "\n",
          "<Error><Code>" + code + "</Code><Message>told so\nRequestId:1</Message></Error>"};
}

TEST_F(AzureTest, a_put_says_what_it_is_under_which_condition_and_whose) {
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 201 Created\nETag: \"0x1\"\n", ""}; });
  PutOptions options;
  options.when = When::if_absent();
  options.content_type = "text/plain";
  options.metadata = std::make_shared<const Metadata>(Metadata{{"a_b", "c"}});
  const Entry entry = backend_->put("d/a b", Body(Bytes::copy_of("123456789")), options).get();
  EXPECT_EQ(entry.etag, "0x1");
  EXPECT_EQ(entry.size, 9u);
  EXPECT_EQ(last().target, "/box/p/d/a%20b");
  for (const char* line : {"x-ms-blob-type: BlockBlob\r\n", "if-none-match: *\r\n", "x-ms-meta-a_b: c\r\n",
                           "x-ms-blob-content-type: text/plain\r\n", "x-ms-content-crc64: iJh5CoYUi64=\r\n",
                           "x-ms-version: 2023-11-03\r\n", "x-ms-date: Tue, 14 Nov 2023 22:13:20 GMT\r\n",
                           "authorization: SharedKey account:"}) {
    EXPECT_TRUE(last().has(line)) << line << last().headers;
  }
}

TEST_F(AzureTest, a_part_of_four_mebibytes_is_asked_for_with_its_checksum_and_verified) {
  start([](const Asked& asked) {
    const bool summed = asked.has("x-ms-range-get-content-crc64: true");
    return ScriptedAnswer{std::string("HTTP/1.1 206 Part\nETag: \"e\"\nContent-Range: bytes 1-9/10\n") +
                              (summed ? "x-ms-content-crc64: iJh5CoYUi64=\n" : ""),
                          "12345678X"};
  });
  ReadOptions options;
  options.range = {1, 1 + (4 << 20)};
  EXPECT_EQ(failure(backend_->read("f", options).get()->read_all()), ErrorCode::corrupt);
  EXPECT_NE(message_.find("CRC64"), std::string::npos);
  options.range.end += 1;
  EXPECT_EQ(get("f", options), "12345678X");
  config_.verify_downloads = false;
  start(script_->answer);
  options.range.end -= 1;
  EXPECT_EQ(get("f", options), "12345678X");
}

TEST_F(AzureTest, a_content_of_another_etag_is_refused) {
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\nETag: \"other\"\n", "x"}; });
  ReadOptions options;
  options.if_match = "0x1";
  EXPECT_EQ(failure(backend_->read("f", options)), ErrorCode::precondition_failed);
  EXPECT_TRUE(last().has("if-match: \"0x1\"\r\n"));
}

TEST_F(AzureTest, refusals_are_typed_and_say_what_to_do) {
  const std::tuple<int, const char*, ErrorCode, const char*> cases[] = {
      {404, "BlobNotFound", ErrorCode::not_found, "told so"},
      {404, "ContainerNotFound", ErrorCode::not_found, ""},
      {403, "AuthenticationFailed", ErrorCode::unauthenticated, ""},
      {403, "AuthorizationPermissionMismatch", ErrorCode::permission_denied, ""},
      {409, "BlobArchived", ErrorCode::permission_denied, "archive tier"},
      {412, "LeaseIdMissing", ErrorCode::permission_denied, "lease_id"},
      {412, "ConditionNotMet", ErrorCode::precondition_failed, ""},
      {503, "ServerBusy", ErrorCode::throttled, ""},
  };
  for (const auto& [status, code, expected, words] : cases) {
    start([status = status, code = code](const Asked&) { return refusal(status, code); });
    EXPECT_EQ(failure(backend_->read("f", {})), expected) << code;
    EXPECT_NE(message_.find(words), std::string::npos) << message_;
    EXPECT_EQ(message_.find("RequestId"), std::string::npos) << message_;
  }
}

TEST_F(AzureTest, names_and_metadata_that_cannot_be_are_refused_before_they_are_sent) {
  start([](const Asked&) { return ScriptedAnswer{}; });
  EXPECT_EQ(failure(backend_->read("latin\xe9", {})), ErrorCode::invalid_path);
  EXPECT_EQ(failure(backend_->set_metadata("f", {{"a-b", "c"}})), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(backend_->set_metadata("f", {{"1a", "c"}})), ErrorCode::invalid_argument);
  EXPECT_TRUE(script_->asked.empty());
}

TEST_F(AzureTest, a_signature_goes_with_the_target_once_however_often_it_is_sent) {
  config_.login.key = nullptr;
  config_.login.sas = "sv=1&sig=x";
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\nETag: \"e\"\n", "x"}; });
  EXPECT_EQ(get("f"), "x");
  EXPECT_EQ(last().target, "/box/p/f?sv=1&sig=x");
  EXPECT_FALSE(last().has("authorization"));
  ReadOptions old;
  old.version = "2023-01-01T00:00:00Z";
  get("f", old);
  EXPECT_EQ(last().target, "/box/p/f?versionid=2023-01-01T00%3A00%3A00Z&sv=1&sig=x");
  EXPECT_EQ(failure(backend_->url("f", {})), ErrorCode::unsupported);
}

TEST_F(AzureTest, a_token_that_is_refused_is_fetched_anew_once) {
  config_.login.key = nullptr;
  int made = 0;
  auto tokens = std::make_shared<Tokens>(clock_, [&made, this]() -> Task<Token> {
    return ready(Token{"t" + std::to_string(++made), clock_.wall_ns() + 3600LL * 1'000'000'000});
  });
  std::string good = "t1";
  start(
      [&good](const Asked& asked) {
        if (!asked.has("authorization: Bearer " + good + "\r\n")) return refusal(401, "InvalidAuthenticationInfo");
        return ScriptedAnswer{"HTTP/1.1 200 OK\nETag: \"e\"\n", "x"};
      },
      tokens);
  EXPECT_EQ(get("f"), "x");
  good = "t2";
  EXPECT_EQ(get("f"), "x");
  EXPECT_EQ(made, 2);
  good = "none";
  EXPECT_EQ(failure(backend_->read("f", {})), ErrorCode::unauthenticated);
}

TEST_F(AzureTest, a_copy_is_pinned_to_the_content_that_was_seen) {
  start([](const Asked& asked) {
    if (asked.method == "HEAD") return ScriptedAnswer{"HTTP/1.1 200 OK\nContent-Length: 3\nETag: \"e\"\n", ""};
    return ScriptedAnswer{"HTTP/1.1 202 OK\nETag: \"n\"\nx-ms-copy-id: c\nx-ms-copy-status: success\n", ""};
  });
  EXPECT_EQ(backend_->copy("a b", "to", {}).get().size, 3u);
  EXPECT_TRUE(last().has("x-ms-copy-source: https://account.blob.core.windows.net/box/p/a%20b\r\n")) << last().headers;
  EXPECT_TRUE(last().has("x-ms-source-if-match: \"e\"\r\n"));
}

TEST_F(AzureTest, a_copy_of_another_media_type_is_stored_anew_by_the_service_and_looked_at) {
  std::string size = "3";
  start([&size](const Asked& asked) {
    if (asked.method == "HEAD") {
      const bool made = asked.target.ends_with("/to");
      return ScriptedAnswer{"HTTP/1.1 200 OK\nContent-Length: " + (made ? size : "3") +
                                (made ? "\nETag: \"n\"\n"
                                      : "\nETag: \"e\"\nContent-Type: text/plain\nCache-Control: no-store\n"
                                        "x-ms-meta-a: b\n"),
                            ""};
    }
    return ScriptedAnswer{"HTTP/1.1 201 Created\nETag: \"n\"\n", ""};
  });
  PutOptions options;
  options.content_type = "text/html";
  EXPECT_EQ(backend_->copy("a b", "to", options).get().size, 3u);
  const Asked& put = script_->asked.at(1);
  for (const char* line :
       {"x-ms-copy-source: https://account.blob.core.windows.net/box/p/a%20b?se=2023-11-14T23%3A13%3A20Z&sp=r&",
        "x-ms-source-if-match: \"e\"\r\n", "x-ms-blob-type: BlockBlob\r\n",
        "x-ms-copy-source-blob-properties: false\r\n", "x-ms-blob-content-type: text/html\r\n",
        "x-ms-blob-cache-control: no-store\r\n", "x-ms-meta-a: b\r\n"}) {
    EXPECT_TRUE(put.has(line)) << line << put.headers;
  }
  EXPECT_TRUE(last().has("if-match: \"n\"\r\n")) << last().headers;
  size = "0";
  EXPECT_EQ(failure(backend_->copy("a b", "to", options)), ErrorCode::corrupt);
  PutOptions bare;
  bare.metadata = std::make_shared<const Metadata>();
  size = "3";
  backend_->copy("a b", "to", bare).get();
  EXPECT_TRUE(script_->asked.end()[-2].has("x-ms-blob-content-type: text/plain\r\n"));
  EXPECT_FALSE(script_->asked.end()[-2].has("x-ms-meta-"));
}

TEST_F(AzureTest, a_token_of_the_mount_lets_the_service_read_the_source) {
  config_.login.key = nullptr;
  auto tokens = std::make_shared<Tokens>(
      clock_, [this]() -> Task<Token> { return ready(Token{"t", clock_.wall_ns() + 3600LL * 1'000'000'000}); });
  start(
      [](const Asked& asked) {
        if (asked.method == "HEAD") return ScriptedAnswer{"HTTP/1.1 200 OK\nContent-Length: 3\nETag: \"e\"\n", ""};
        return refusal(501, "NotImplemented");
      },
      tokens);
  PutOptions options;
  options.content_type = "text/html";
  EXPECT_EQ(failure(backend_->copy("f", "to", options)), ErrorCode::unsupported);
  EXPECT_TRUE(last().has("x-ms-copy-source: https://account.blob.core.windows.net/box/p/f\r\n")) << last().headers;
  EXPECT_TRUE(last().has("x-ms-copy-source-authorization: Bearer t\r\n")) << last().headers;
}

TEST_F(AzureTest, a_copy_keeps_the_tier_and_the_tags_of_its_source) {
  start([](const Asked& asked) {
    if (asked.method == "HEAD")
      return ScriptedAnswer{
          "HTTP/1.1 200 OK\nContent-Length: 3\nETag: \"e\"\nx-ms-tag-count: 1\nx-ms-access-tier: Cool\n", ""};
    if (asked.target.find("comp=tags") != std::string::npos)
      return ScriptedAnswer{"HTTP/1.1 200 OK\n",
                            "<Tags><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tags>"};
    return ScriptedAnswer{"HTTP/1.1 202 OK\nETag: \"n\"\nx-ms-copy-id: c\nx-ms-copy-status: success\n", ""};
  });
  PutOptions options;
  options.source_version = "2023-01-01T00:00:00Z";
  backend_->copy("f", "to", options).get();
  EXPECT_TRUE(last().has("x-ms-tags: a=1\r\n")) << last().headers;
  EXPECT_TRUE(last().has("x-ms-access-tier: Cool\r\n")) << last().headers;
  EXPECT_NE(script_->asked.at(1).target.find("comp=tags&versionid=2023"), std::string::npos);
}

TEST_F(AzureTest, a_failed_copy_is_told_and_ended) {
  start([](const Asked& asked) {
    if (asked.method == "HEAD" && asked.target.ends_with("/to"))
      return ScriptedAnswer{
          "HTTP/1.1 200 OK\nContent-Length: 0\nx-ms-copy-id: c\nx-ms-copy-status: failed\n"
          "x-ms-copy-status-description: 500 InternalError\n",
          ""};
    if (asked.method == "HEAD") return ScriptedAnswer{"HTTP/1.1 200 OK\nContent-Length: 3\nETag: \"e\"\n", ""};
    return ScriptedAnswer{"HTTP/1.1 202 OK\nx-ms-copy-id: c\nx-ms-copy-status: pending\n", ""};
  });
  EXPECT_EQ(failure(backend_->copy("from", "to", {})), ErrorCode::unavailable);
  EXPECT_NE(message_.find("500 InternalError"), std::string::npos);
  EXPECT_TRUE(last().has("x-ms-copy-action: abort\r\n"));
}

TEST_F(AzureTest, a_batch_that_the_service_refuses_is_deleted_one_by_one_from_then_on) {
  start([](const Asked& asked) {
    if (asked.method == "POST") return refusal(400, "InvalidQueryParameterValue");
    if (asked.target.ends_with("/b")) return refusal(404, "BlobNotFound");
    return asked.target.ends_with("/c") ? refusal(412, "LeaseIdMissing") : ScriptedAnswer{"HTTP/1.1 202 OK\n", ""};
  });
  const std::vector<RemoveFailure> failures = backend_->remove_many({"a", "b", "c"}).get();
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].path, "c");
  EXPECT_EQ(failures[0].error.code(), ErrorCode::permission_denied);
  EXPECT_EQ(script_->asked.size(), 4u);
  backend_->remove_many({"a", "b"}).get();
  EXPECT_EQ(script_->asked.size(), 6u);
}

TEST_F(AzureTest, each_delete_of_a_batch_is_signed_by_itself) {
  start([](const Asked& asked) {
    EXPECT_NE(asked.body.find("DELETE /box/p/a%20b HTTP/1.1\r\nx-ms-date: "), std::string::npos) << asked.body;
    EXPECT_EQ(asked.target, "/box?restype=container&comp=batch");
    const std::string good = "\r\n\r\nHTTP/1.1 202 Accepted\r\na: b\r\n\r\n";
    return ScriptedAnswer{"HTTP/1.1 202 Accepted\nContent-Type: multipart/mixed; boundary=x\n",
                          "--x\r\nContent-ID: 0" + good + "--x\r\nContent-ID: 1" + good + "--x--\r\n"};
  });
  EXPECT_TRUE(backend_->remove_many({"a b", "c"}).get().empty());
}

TEST_F(AzureTest, links_of_a_bearer_are_signed_by_a_key_that_is_asked_for_once) {
  config_.login.key = nullptr;
  auto tokens = std::make_shared<Tokens>(
      clock_, [this]() -> Task<Token> { return ready(Token{"t", clock_.wall_ns() + 3600LL * 1'000'000'000}); });
  start(
      [](const Asked& asked) {
        EXPECT_EQ(asked.target, "/?restype=service&comp=userdelegationkey");
        EXPECT_NE(asked.body.find("<Expiry>2023-11-21T22:13:20Z</Expiry>"), std::string::npos);
        return ScriptedAnswer{"HTTP/1.1 200 OK\n",
                              "<UserDelegationKey><SignedOid>o</SignedOid><SignedTid>t</SignedTid>"
                              "<SignedStart>2023-11-14T22:13:20Z</SignedStart><SignedExpiry>2023-11-21T22:13:20Z"
                              "</SignedExpiry><SignedService>b</SignedService><SignedVersion>2023-11-03</SignedVersion>"
                              "<Value>a2V5</Value></UserDelegationKey>"};
      },
      tokens);
  const std::string url = *backend_->url("f", {}).get();
  EXPECT_TRUE(url.starts_with("https://account.blob.core.windows.net/box/p/f?se=2023-11-14T23%3A13%3A20Z&sp=r&sv="))
      << url;
  EXPECT_NE(url.find("&skoid=o&sktid=t&"), std::string::npos);
  backend_->url("g", {}).get();
  EXPECT_EQ(script_->asked.size(), 1u);
  UrlOptions longer;
  longer.expires_in = 8 * 86400;
  EXPECT_EQ(failure(backend_->url("f", longer)), ErrorCode::invalid_argument);
}

// --- removing ---

std::string listed(const std::vector<std::string>& names, const std::string& marker = {}) {
  std::string blobs;
  for (const std::string& name : names) {
    blobs += "<Blob><Name>" + name + "</Name><Properties><Content-Length>1</Content-Length></Properties></Blob>";
  }
  return "<EnumerationResults><Blobs>" + blobs + "</Blobs><NextMarker>" + marker + "</NextMarker></EnumerationResults>";
}

TEST_F(AzureTest, removing_a_name_that_is_a_blob_and_a_folder_removes_the_blob_alone) {
  start([](const Asked& asked) {
    if (asked.method == "HEAD") return ScriptedAnswer{"HTTP/1.1 200 OK\nContent-Length: 3\nETag: \"e\"\n", ""};
    if (asked.method == "GET") return ScriptedAnswer{"HTTP/1.1 200 OK\n", listed({"p/foo/bar"})};
    return asked.method == "POST" ? refusal(400, "InvalidInput") : ScriptedAnswer{"HTTP/1.1 202 Accepted\n", ""};
  });
  backend_->remove_tree("foo").get();
  std::vector<std::string> removed;
  for (const Asked& asked : script_->asked) {
    if (asked.method != "HEAD") removed.push_back(asked.method + " " + asked.target);
  }
  EXPECT_EQ(removed, std::vector<std::string>{"DELETE /box/p/foo"});
}

TEST_F(AzureTest, no_name_that_somebody_might_normalize_is_deleted) {
  start([](const Asked& asked) {
    if (asked.method == "HEAD") return refusal(404, "BlobNotFound");
    if (asked.method == "GET")
      return ScriptedAnswer{"HTTP/1.1 200 OK\n", listed({"p/d/../keep", "p/d/./x", "p/d//x", "p/d/a", "p/d/sub/"})};
    return asked.method == "POST" ? refusal(400, "InvalidInput") : ScriptedAnswer{"HTTP/1.1 202 Accepted\n", ""};
  });
  EXPECT_EQ(failure(backend_->remove_tree("d")), ErrorCode::invalid_path);
  EXPECT_NE(message_.find("d/../keep"), std::string::npos) << message_;
  std::vector<std::string> removed;
  for (const Asked& asked : script_->asked) {
    EXPECT_EQ((asked.target + asked.body).find("../"), std::string::npos) << asked.target << asked.body;
    if (asked.method == "DELETE") removed.push_back(asked.target);
  }
  std::sort(removed.begin(), removed.end());
  EXPECT_EQ(removed, (std::vector<std::string>{"/box/p/d/a", "/box/p/d/sub/"}));
  EXPECT_EQ(failure(backend_->remove("d/../keep")), ErrorCode::invalid_path);
  EXPECT_EQ(backend_->remove_many({"d/../keep"}).get().at(0).error.code(), ErrorCode::invalid_path);
}

TEST_F(AzureTest, pages_in_a_circle_end) {
  config_.version_aware = true;
  start([](const Asked& asked) {
    if (asked.method == "HEAD") return refusal(404, "BlobNotFound");
    if (asked.method == "GET") return ScriptedAnswer{"HTTP/1.1 200 OK\n", listed({"p/d"}, "again")};
    return asked.method == "POST" ? refusal(400, "InvalidInput") : ScriptedAnswer{"HTTP/1.1 202 Accepted\n", ""};
  });
  EXPECT_EQ(failure(backend_->versions("d")), ErrorCode::protocol);
  EXPECT_LT(script_->asked.size(), 5u);
  EXPECT_EQ(failure(backend_->remove_tree("")), ErrorCode::protocol);
  EXPECT_LT(script_->asked.size(), 20u);
}

TEST_F(AzureTest, names_alone_are_asked_for_without_metadata_unless_it_tells_folders) {
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n", listed({"p/d/a"})}; });
  ListOptions options;
  const auto asks_metadata = [&] {
    backend_->list("d", options).get();
    return last().target.find("include=metadata") != std::string::npos;
  };
  EXPECT_TRUE(asks_metadata());
  options.names_only = true;
  EXPECT_FALSE(asks_metadata());
  options.recursive = true;
  EXPECT_TRUE(asks_metadata());
}

// --- appending ---

TEST_F(AzureTest, a_service_that_contradicts_itself_about_a_blob_is_given_up) {
  start([](const Asked& asked) {
    const bool creates = asked.has("x-ms-blob-type: AppendBlob");
    return creates ? refusal(409, "BlobAlreadyExists") : refusal(404, "BlobNotFound");
  });
  EXPECT_EQ(failure(backend_->append("f", Body(Bytes::copy_of("x")))), ErrorCode::protocol);
  EXPECT_EQ(script_->asked.size(), 1u + 3 * 2);
}

TEST_F(AzureTest, the_blocks_of_a_large_append_have_to_follow_each_other) {
  const std::uint64_t size = (std::uint64_t{100} << 20) + 5;
  bool disturbed = false;
  std::vector<std::string> positions;
  start([&](const Asked& asked) {
    const std::size_t at = asked.headers.find("appendpos: ");
    positions.push_back(at == std::string::npos ? "" : asked.headers.substr(at + 11, 9));
    if (disturbed && !positions.back().empty()) return refusal(412, "AppendPositionConditionNotMet");
    return ScriptedAnswer{"HTTP/1.1 201 Created\nx-ms-blob-append-offset: 7\n", ""};
  });
  const Body body(Bytes::copy_of(std::string(size, 'x')));
  backend_->append("f", body).get();
  EXPECT_EQ(positions, (std::vector<std::string>{"", "104857607"}));
  disturbed = true;
  EXPECT_EQ(failure(backend_->append("f", body)), ErrorCode::precondition_failed);
  EXPECT_NE(message_.find("only the first 104857600 bytes"), std::string::npos) << message_;
  EXPECT_EQ(positions.size(), 4u);
}

// --- what is kept of a blob that is written anew ---

TEST_F(AzureTest, a_blob_that_is_written_anew_keeps_its_fields_its_tier_and_its_tags) {
  const std::string fields =
      "Content-Disposition: inline\nContent-Encoding: gzip\nContent-Language: it\nCache-Control: no-store\n";
  std::string tier = "x-ms-access-tier: Cool\n";
  start([&](const Asked& asked) {
    if (asked.method == "HEAD")
      return ScriptedAnswer{"HTTP/1.1 200 OK\nContent-Length: 3\nETag: \"e\"\nx-ms-tag-count: 2\n" + fields + tier, ""};
    if (asked.target.ends_with("comp=tags"))
      return ScriptedAnswer{
          "HTTP/1.1 200 OK\n",
          "<Tags><TagSet><Tag><Key>a b</Key><Value>1&amp;2</Value></Tag><Tag><Key>c</Key><Value/></Tag>"
          "</TagSet></Tags>"};
    return ScriptedAnswer{"HTTP/1.1 201 Created\nETag: \"n\"\n", ""};
  });
  const auto anew = [&] {
    PutOptions options;
    options.metadata = backend_->stat("f").get()->metadata;
    return options;
  };
  const auto is_kept = [&](const std::string& kept_tier) {
    for (const char* line : {"-disposition: inline", "-encoding: gzip", "-language: it"})
      EXPECT_TRUE(last().has(std::string("x-ms-blob-content") + line + "\r\n")) << last().headers;
    EXPECT_TRUE(last().has("x-ms-blob-cache-control: no-store\r\n")) << last().headers;
    EXPECT_TRUE(last().has("x-ms-tags: a%20b=1%262&c=\r\n")) << last().headers;
    EXPECT_EQ(last().has("x-ms-access-tier: " + kept_tier + "\r\n"), !kept_tier.empty()) << last().headers;
  };
  backend_->put("f", Body(Bytes::copy_of("new")), anew()).get();
  is_kept("Cool");
  const std::unique_ptr<Upload> upload = backend_->upload("f", anew()).get();
  upload->complete({upload->part(1, Body(Bytes::copy_of("new"))).get()}).get();
  EXPECT_NE(last().target.find("comp=blocklist"), std::string::npos);
  is_kept("Cool");
  tier += "x-ms-access-tier-inferred: true\n";
  backend_->put("f", Body(Bytes::copy_of("new")), anew()).get();
  EXPECT_FALSE(last().has("x-ms-access-tier")) << last().headers;
  config_.access_tier = "Cold";
  start(script_->answer);
  backend_->put("f", Body(Bytes::copy_of("new")), anew()).get();
  is_kept("Cold");
}

TEST_F(AzureTest, tags_that_may_not_be_read_do_not_keep_a_blob_from_being_written) {
  start([](const Asked& asked) {
    if (asked.method == "HEAD")
      return ScriptedAnswer{"HTTP/1.1 200 OK\nContent-Length: 3\nETag: \"e\"\nx-ms-tag-count: 2\n", ""};
    if (asked.target.ends_with("comp=tags")) return refusal(403, "AuthorizationPermissionMismatch");
    return ScriptedAnswer{"HTTP/1.1 201 Created\nETag: \"n\"\n", ""};
  });
  PutOptions options;
  options.metadata = backend_->stat("f").get()->metadata;
  backend_->put("f", Body(Bytes::copy_of("new")), options).get();
  EXPECT_FALSE(last().has("x-ms-tag")) << last().headers;
}

TEST_F(AzureTest, a_blob_has_fifty_thousand_blocks_and_no_more) {
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 201 Created\nETag: \"n\"\n", ""}; });
  const std::unique_ptr<Upload> upload = backend_->upload("f", {}).get();
  const std::uint64_t large = std::uint64_t{4} << 40;
  EXPECT_EQ(upload->part_size(large / 50), config_.part_size);
  const std::uint64_t part = upload->part_size(large);
  EXPECT_LE((large + part - 1) / part, 50'000u);
  EXPECT_GE((large + part - 1) / part, 49'000u);
  std::vector<std::string> tags(50'000, upload->part(1, Body(Bytes::copy_of("x"))).get());
  EXPECT_EQ(upload->complete(tags).get().size, 50'000u);
  const std::string& list = last().body;
  std::size_t count = 0;
  for (std::size_t at = 0; (at = list.find("<Latest>", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 50'000u);
  tags.push_back(tags.front());
  const std::size_t asked = script_->asked.size();
  EXPECT_EQ(failure(upload->complete(tags)), ErrorCode::unsupported);
  EXPECT_EQ(script_->asked.size(), asked);
}

}  // namespace
}  // namespace genro::storage::azure
