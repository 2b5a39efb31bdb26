// The S3 backend against the real servers that the environment names (GENRO_TEST_MINIO, GENRO_TEST_VERSITYGW and their
// _ACCESS_KEY and _SECRET_KEY): what is S3's own. What every backend has in common is the conformance suite's.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "auth/aws/credentials.h"
#include "backend/put_body.h"
#include "backend/reader.h"
#include "backends/s3/requests.h"
#include "backends/s3/s3.h"
#include "backends/s3/upload.h"
#include "core/env.h"
#include "genro/storage/backend.h"
#include "net/http_client.h"
#include "net/uri.h"

namespace genro::storage::s3 {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

template <class T>
T run(Task<T> task) {
  return std::move(task).get();
}

template <class T>
ErrorCode failure(Task<T> task) {
  const Result<T> result = std::move(task).result();
  return result.ok() ? ErrorCode::internal : result.error().code();
}

Bytes bytes_of(std::size_t size, unsigned start = 1) {
  std::minstd_rand random(start);
  BytesBuffer buffer(size);
  for (std::byte& byte : buffer.span()) byte = static_cast<std::byte>(random() >> 8);
  return std::move(buffer).freeze(size);
}

class S3Server : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string name = "GENRO_TEST_" + GetParam();
    config_.endpoint_url = variable(name);
    if (config_.endpoint_url.empty()) GTEST_SKIP() << name << " is not set: no such server to test with";
    config_.access_key = variable(name + "_ACCESS_KEY");
    config_.secret_key = variable(name + "_SECRET_KEY");
    std::random_device random;
    config_.bucket = "genro-" + std::to_string(random()) + std::to_string(random());
    config_.prefix = "base/";
    send("PUT", "/" + config_.bucket);
    backend_ = make(config_);
  }

  std::shared_ptr<CredentialsProvider> keys(const Config& config) const {
    Credentials credentials;
    credentials.access_key = config.access_key;
    credentials.secret_key = config.secret_key;
    return make_static_credentials(std::move(credentials));
  }

  std::shared_ptr<Backend> make(const Config& config, TransportFactory transport = {}) const {
    return make_s3(std::make_shared<Client>(config, Env::system(), keys(config), std::move(transport)));
  }

  // A request of the test's own.
  Client::Document send(std::string_view method, std::string target, std::string body = {}) {
    Client client(config_, Env::system(), keys(config_));
    HttpRequest request;
    request.method = method;
    request.target = std::move(target);
    if (!body.empty()) request.body = Body(Bytes::copy_of(body));
    return run(client.document(std::move(request), {"test", ""}));
  }

  int status_of_plain(std::string_view method, const std::string& url, Body body = {}) {
    const Uri uri = Uri::parse(url);
    HttpRequest request;
    request.method = method;
    request.target = uri.target();
    request.body = std::move(body);
    const auto transport = make_http_client(Env::system(), HttpEndpoint::from(uri));
    const std::unique_ptr<HttpResponse> response = run(transport->send(std::move(request)));
    answer_ = run(response->read_all(kMiB));
    return response->status();
  }

  void enable_versions() {
    send("PUT", "/" + config_.bucket + "?versioning=",
         "<VersioningConfiguration "
         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>");
  }

  Entry put(const std::string& path, const std::string& text, PutOptions options = {}) {
    return run(backend_->put(path, Body(Bytes::copy_of(text)), std::move(options)));
  }
  std::string get(const std::string& path, ReadOptions options = {}) {
    const std::unique_ptr<Reader> reader = run(backend_->read(path, std::move(options)));
    return run(reader->read_all()).to_string();
  }

  Config config_;
  std::shared_ptr<Backend> backend_;
  Bytes answer_;
};

TEST_P(S3Server, put_get_stat_remove_with_odd_names) {
  for (const std::string path :
       {"plain.txt", "a/b c/ü+&?#%=;,'\"<>.txt", "~!*()@$:[]{}|^`", "日本/ファイル", "trailing.dot."}) {
    const Entry stored = put(path, "hello " + path);
    EXPECT_EQ(stored.md5.size(), 32u);
    EXPECT_EQ(get(path), "hello " + path) << path;
    const std::optional<Entry> entry = run(backend_->stat(path));
    ASSERT_TRUE(entry) << path;
    EXPECT_EQ(entry->path, path);
    EXPECT_EQ(entry->size, path.size() + 6);
    EXPECT_EQ(entry->etag, stored.etag);
    EXPECT_EQ(entry->md5, stored.md5);
    EXPECT_NE(entry->mtime_ns, Entry::kNoTime);
    run(backend_->remove(path));
    EXPECT_FALSE(run(backend_->stat(path))) << path;
    run(backend_->remove(path));
  }
  EXPECT_EQ(failure(backend_->read("missing", {})), ErrorCode::not_found);
}

TEST_P(S3Server, empty_objects_and_ranges) {
  put("empty", "");
  EXPECT_EQ(get("empty"), "");
  put("ten", "0123456789");
  const auto range = [](std::uint64_t begin, std::uint64_t end) {
    ReadOptions options;
    options.range = {begin, end};
    return options;
  };
  EXPECT_EQ(get("ten", range(2, 5)), "234");
  EXPECT_EQ(get("ten", range(7, ByteRange::kToEnd)), "789");
  EXPECT_EQ(get("ten", range(0, 100)), "0123456789");
  EXPECT_EQ(get("ten", range(10, 20)), "");
  EXPECT_EQ(get("ten", range(4, 4)), "");
  EXPECT_EQ(get("empty", range(0, 5)), "");
  EXPECT_EQ(failure(backend_->read("ten", range(11, 20))), ErrorCode::out_of_range);
  const std::unique_ptr<Reader> reader = run(backend_->read("ten", range(2, 5)));
  EXPECT_EQ(reader->entry().size, 10u);
  EXPECT_EQ(reader->begin(), 2u);
  EXPECT_EQ(reader->size(), 3u);
}

TEST_P(S3Server, a_read_holds_on_to_one_version) {
  const Entry first = put("k", "first");
  put("k", "second");
  ReadOptions options;
  options.if_match = first.etag;
  EXPECT_EQ(failure(backend_->read("k", options)), ErrorCode::precondition_failed);
}

TEST_P(S3Server, conditional_puts) {
  PutOptions absent;
  absent.when = When::if_absent();
  const Entry first = put("k", "first", absent);
  EXPECT_EQ(failure(backend_->put("k", Body(Bytes::copy_of("again")), absent)), ErrorCode::precondition_failed);
  EXPECT_EQ(get("k"), "first");
  PutOptions match;
  match.when = When::if_match(first.etag);
  put("k", "second", match);
  EXPECT_EQ(failure(backend_->put("k", Body(Bytes::copy_of("third")), match)), ErrorCode::precondition_failed);
  EXPECT_EQ(get("k"), "second");
}

TEST_P(S3Server, every_checksum_is_accepted_when_right_and_refused_when_wrong) {
  for (const ChecksumAlgorithm algorithm :
       {ChecksumAlgorithm::crc64nvme, ChecksumAlgorithm::crc32c, ChecksumAlgorithm::crc32, ChecksumAlgorithm::none}) {
    Config config = config_;
    config.checksum = algorithm;
    config.checksum_may_fall = false;
    const std::shared_ptr<Backend> backend = make(config);
    run(backend->put("k", Body(Bytes::copy_of("content")), {}));
    EXPECT_EQ(get("k"), "content");
    if (algorithm == ChecksumAlgorithm::none) continue;
    Client client(config, Env::system(), keys(config));
    HttpRequest wrong = put_object(client.base(), "base/wrong", Body(Bytes::copy_of("content")), {},
                                   run(checksum_of(Body(Bytes::copy_of("other")), algorithm)));
    EXPECT_EQ(failure(client.send(std::move(wrong), {"write", "wrong"})), ErrorCode::corrupt)
        << algorithm_name(algorithm);
    EXPECT_FALSE(run(backend->stat("wrong")));
  }
}

TEST_P(S3Server, metadata_of_any_octets_comes_back_and_can_be_replaced_in_one_copy) {
  PutOptions options;
  options.content_type = "text/x-test";
  options.metadata = std::make_shared<const Metadata>(Metadata{{"author", "Zoë  ☕ "}, {"plain", "x"}});
  put("k", "content", options);
  std::optional<Entry> entry = run(backend_->stat("k"));
  EXPECT_EQ(*entry->metadata, *options.metadata);
  EXPECT_EQ(entry->content_type, "text/x-test");
  run(backend_->set_metadata("k", {{"only", "this"}}));
  entry = run(backend_->stat("k"));
  EXPECT_EQ(*entry->metadata, (Metadata{{"only", "this"}}));
  EXPECT_EQ(entry->content_type, "text/x-test");
  EXPECT_EQ(get("k"), "content");
  EXPECT_EQ(failure(backend_->set_metadata("missing", {})), ErrorCode::not_found);
}

TEST_P(S3Server, listing_in_pages_by_folder_and_recursively) {
  for (const char* path : {"d/a", "d/b+ü", "d/e/f", "d/e/g/h", "top"}) put(path, "x");
  std::vector<std::string> seen;
  ListOptions options;
  options.limit = 1;
  do {
    const Page page = run(backend_->list("d", options));
    for (const Entry& entry : page.entries) seen.push_back(entry.path + (entry.is_directory() ? "/" : ""));
    options.token = page.next_token;
  } while (!options.token.empty());
  EXPECT_EQ(seen, (std::vector<std::string>{"d/a", "d/b+ü", "d/e/"}));
  seen.clear();
  ListOptions all;
  all.recursive = true;
  for (const Entry& entry : run(backend_->list("", all)).entries) seen.push_back(entry.path);
  EXPECT_EQ(seen, (std::vector<std::string>{"d/a", "d/b+ü", "d/e/f", "d/e/g/h", "top"}));
  EXPECT_EQ(failure(backend_->list("missing", {})), ErrorCode::not_found);
  EXPECT_EQ(failure(backend_->list("top", {})), ErrorCode::not_directory);
  EXPECT_TRUE(run(backend_->stat("d/e"))->is_directory());
  EXPECT_TRUE(run(backend_->stat(""))->is_directory());
}

TEST_P(S3Server, many_keys_are_removed_in_one_go) {
  std::vector<std::string> paths;
  for (const char* path : {"d/a", "d/b&<c>", "d/é", "d/e/f"}) {
    put(path, "x");
    paths.emplace_back(path);
  }
  paths.emplace_back("d/missing");
  EXPECT_TRUE(run(backend_->remove_many(paths)).empty());
  EXPECT_FALSE(run(backend_->stat("d/a")));
  EXPECT_FALSE(run(backend_->stat("d/b&<c>")));
  EXPECT_FALSE(run(backend_->stat("d/e/f")));
}

TEST_P(S3Server, an_upload_in_parts_is_whole_and_verified) {
  const Bytes content = bytes_of(12 * kMiB + 345);
  WriteLimits limits;
  limits.single_max = kMiB;
  for (const ChecksumAlgorithm algorithm : {ChecksumAlgorithm::crc64nvme, ChecksumAlgorithm::none}) {
    Config config = config_;
    config.checksum = algorithm;
    config.part_size = 5 * kMiB;
    const std::shared_ptr<Backend> backend = make(config);
    PutOptions options;
    options.metadata = std::make_shared<const Metadata>(Metadata{{"a", "1"}});
    const Entry entry = run(put_body(*backend, "big", Body(content), options, limits));
    EXPECT_EQ(entry.size, content.size());
    EXPECT_EQ(entry.md5, "");
    EXPECT_TRUE(run(read_bytes(*backend, "big")) == content);
    const std::optional<Entry> stat = run(backend->stat("big"));
    EXPECT_EQ(stat->etag, entry.etag);
    EXPECT_EQ(stat->md5, "");
    EXPECT_EQ(stat->metadata->at("a"), "1");
  }
}

TEST_P(S3Server, an_aborted_upload_leaves_nothing_and_may_be_aborted_twice) {
  const std::unique_ptr<Upload> upload = run(backend_->upload("k", {}));
  run(upload->part(1, Body(bytes_of(1000))));
  run(upload->abort());
  run(upload->abort());
  EXPECT_FALSE(run(backend_->stat("k")));
  const Client::Document uploads = send("GET", "/" + config_.bucket + "?uploads=");
  EXPECT_EQ(uploads.body.view().find("<UploadId>"), std::string_view::npos);
}

TEST_P(S3Server, copies_on_the_server_whole_and_in_parts) {
  PutOptions options;
  options.metadata = std::make_shared<const Metadata>(Metadata{{"a", "1"}});
  options.content_type = "text/x-test";
  const Bytes content = bytes_of(11 * kMiB);
  run(backend_->put("from ü", Body(content), options));
  Config config = config_;
  for (const std::uint64_t most : {std::uint64_t{5} << 30, 5 * kMiB}) {
    config.single_copy_max = most;
    const std::shared_ptr<Backend> backend = make(config);
    const Entry copy = run(backend->copy("from ü", "to/é", {}));
    EXPECT_EQ(copy.size, content.size());
    EXPECT_TRUE(run(read_bytes(*backend, "to/é")) == content);
    const std::optional<Entry> stat = run(backend->stat("to/é"));
    EXPECT_EQ(stat->etag, copy.etag);
    EXPECT_EQ(stat->metadata->at("a"), "1");
    EXPECT_EQ(stat->content_type, "text/x-test");
    run(backend->set_metadata("to/é", {{"b", "2"}}));
    EXPECT_EQ(*run(backend->stat("to/é"))->metadata, (Metadata{{"b", "2"}}));
    EXPECT_EQ(run(backend->stat("to/é"))->content_type, "text/x-test");
    EXPECT_TRUE(run(read_bytes(*backend, "to/é")) == content);
    run(backend->remove("to/é"));
  }
  EXPECT_EQ(failure(backend_->copy("missing", "to", {})), ErrorCode::not_found);
}

TEST_P(S3Server, versions_of_one_key_newest_first) {
  enable_versions();
  const Entry first = put("k", "first");
  const Entry second = put("k", "second!");
  put("k2", "other key");
  run(backend_->remove("k"));
  const std::vector<Version> versions = run(backend_->versions("k"));
  ASSERT_EQ(versions.size(), 3u);
  EXPECT_TRUE(versions[0].is_delete_marker);
  EXPECT_TRUE(versions[0].is_latest);
  EXPECT_EQ(versions[1].version_id, second.version_id);
  EXPECT_EQ(versions[1].size, 7u);
  EXPECT_EQ(versions[2].version_id, first.version_id);
  ReadOptions old;
  old.version = first.version_id;
  EXPECT_EQ(get("k", old), "first");
  UrlOptions older;
  older.version = first.version_id;
  EXPECT_EQ(status_of_plain("GET", *backend_->url("k", older).get()), 200);
  EXPECT_EQ(answer_.view(), "first");
  PutOptions from_older;
  from_older.source_version = first.version_id;
  run(backend_->copy("k", "copied", from_older));
  EXPECT_EQ(get("copied"), "first");
  EXPECT_EQ(failure(backend_->copy("k", "copied", {})), ErrorCode::not_found);
  run(backend_->remove_version("k", first.version_id));
  EXPECT_EQ(failure(backend_->read("k", old)), ErrorCode::not_found);
  EXPECT_EQ(failure(backend_->read("k", {})), ErrorCode::not_found);
  EXPECT_TRUE(run(backend_->versions("missing")).empty());
  for (const char* unknown : {"never-such-an-id", "00000000000000000000000000000000"}) {
    old.version = unknown;
    EXPECT_EQ(failure(backend_->read("k2", old)), ErrorCode::not_found) << unknown;
    old.range = {0, 0};  // asked by HEAD
    EXPECT_EQ(failure(backend_->read("k2", old)), ErrorCode::not_found) << unknown;
    old.range = {};
  }
  EXPECT_TRUE(run(backend_->remove_versions("k", {second.version_id, versions[0].version_id})).empty());
  EXPECT_TRUE(run(backend_->versions("k")).empty());
  Config unaware = config_;
  unaware.version_aware = false;
  EXPECT_EQ(failure(make(unaware)->versions("k")), ErrorCode::unsupported);
}

TEST_P(S3Server, presigned_urls_work_without_credentials_and_expire_by_signature) {
  put("dir/k ü.txt", "content");
  const std::string url = *backend_->url("dir/k ü.txt", {}).get();
  EXPECT_EQ(status_of_plain("GET", url), 200);
  EXPECT_EQ(answer_.view(), "content");
  EXPECT_EQ(status_of_plain("GET", url + "0"), 403);
  UrlOptions upload;
  upload.method = "PUT";
  EXPECT_EQ(status_of_plain("PUT", *backend_->url("new", upload).get(), Body(Bytes::copy_of("sent"))), 200);
  EXPECT_EQ(get("new"), "sent");
  UrlOptions named;
  named.parameters = {{"response-content-type", "text/x-named"}};
  EXPECT_EQ(status_of_plain("GET", *backend_->url("new", named).get()), 200);
}

TEST_P(S3Server, what_goes_wrong_is_named) {
  Config wrong = config_;
  wrong.bucket = "genro-no-such-bucket";
  EXPECT_EQ(failure(make(wrong)->put("k", Body(), {})), ErrorCode::not_found);
  EXPECT_EQ(failure(make(wrong)->remove("k")), ErrorCode::not_found);
  EXPECT_FALSE(run(make(wrong)->stat("k")));
  EXPECT_FALSE(run(make(wrong)->stat("")));
  wrong = config_;
  wrong.secret_key += "x";
  EXPECT_EQ(failure(make(wrong)->read("k", {})), ErrorCode::unauthenticated);
  wrong.access_key = "nobody";
  EXPECT_EQ(failure(make(wrong)->read("k", {})), ErrorCode::unauthenticated);
  EXPECT_EQ(failure(make(wrong)->remove("k")), ErrorCode::unauthenticated);
  EXPECT_EQ(failure(make(wrong)->list("", {})), ErrorCode::unauthenticated);
  EXPECT_NE(failure(make(wrong)->stat("k")), ErrorCode::internal);  // a HEAD has no body to say more
  wrong = config_;
  wrong.endpoint_url = "http://127.0.0.1:1";
  EXPECT_EQ(failure(make(wrong)->read("k", {})), ErrorCode::connection);
}

TEST_P(S3Server, signed_payloads_and_anonymous_access) {
  Config config = config_;
  config.sign_payload = true;
  run(make(config)->put("k", Body(Bytes::copy_of("content")), {}));
  EXPECT_EQ(get("k"), "content");
  config = config_;
  config.anonymous = true;
  const auto anonymous = make_s3(std::make_shared<Client>(config, Env::system(), nullptr));
  EXPECT_EQ(failure(anonymous->read("k", {})), ErrorCode::permission_denied);
}

TEST_P(S3Server, the_marks_of_folders_can_be_removed_by_the_names_a_recursive_listing_gives) {
  send("PUT", "/" + config_.bucket + "/base/d/e/");
  put("d/e/f", "x");
  ListOptions all;
  all.recursive = true;
  std::vector<std::string> paths;
  for (const Entry& entry : run(backend_->list("d", all)).entries) paths.push_back(entry.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"d/e/", "d/e/f"}));
  EXPECT_TRUE(run(backend_->remove_many(paths)).empty());
  EXPECT_FALSE(run(backend_->stat("d/e")));
  EXPECT_FALSE(run(backend_->stat("d")));
}

INSTANTIATE_TEST_SUITE_P(servers, S3Server, testing::Values("MINIO", "VERSITYGW"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace genro::storage::s3
