// An S3 backend whose server is a function from requests to answers, at a fixed time. Used by the tests of S3.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "auth/aws/credentials.h"
#include "backends/s3/client.h"
#include "backends/s3/s3.h"
#include "core/env.h"
#include "fakes/scripted_transport.h"
#include "genro/storage/error.h"

namespace genro::storage::s3 {

using test::Asked;
using test::ScriptedAnswer;

inline constexpr std::int64_t kNow = 1'700'000'000LL * 1'000'000'000;

class FixedClock final : public Clock {
 public:
  TimePoint now() noexcept override { return {}; }
  std::int64_t wall_ns() noexcept override { return kNow; }
};

// Gives the keys one after the other; invalidate() moves on.
class Rotating final : public CredentialsProvider {
 public:
  explicit Rotating(std::vector<std::string> access_keys) : keys_(std::move(access_keys)) { make(); }
  Task<std::shared_ptr<const Credentials>> get() override { co_return current_; }
  void invalidate(const std::shared_ptr<const Credentials>& refused) noexcept override {
    if (refused != current_ || next_ == keys_.size()) return;
    make();
  }

 private:
  void make() {
    Credentials credentials;
    credentials.access_key = keys_[next_++];
    credentials.secret_key = "secret";
    credentials.session_token = "token-of-" + credentials.access_key;
    current_ = std::make_shared<const Credentials>(std::move(credentials));
  }
  std::vector<std::string> keys_;
  std::size_t next_ = 0;
  std::shared_ptr<const Credentials> current_;
};

class ScriptedS3 : public testing::Test {
 protected:
  ScriptedS3() {
    config_.bucket = "bucket";
    env_.clock = &clock_;
  }
  void start(std::function<ScriptedAnswer(const Asked&)> answer,
             std::shared_ptr<CredentialsProvider> credentials = nullptr) {
    script_->answer = std::move(answer);
    if (!credentials) credentials = std::make_shared<Rotating>(std::vector<std::string>{"AKID"});
    const std::shared_ptr<test::Script> script = script_;
    client_ = std::make_shared<Client>(
        config_, env_, std::move(credentials), [script](const HttpEndpoint& endpoint, const HttpOptions&) {
          return std::make_shared<test::ScriptedTransport>(script, endpoint.host_header());
        });
    backend_ = make_s3(client_);
  }
  ErrorCode failure(auto task) {
    const auto result = std::move(task).result();
    if (result.ok()) return ErrorCode::internal;
    message_ = result.error().what();
    return result.error().code();
  }
  std::string get(const std::string& path, ReadOptions options = {}) {
    const std::unique_ptr<Reader> reader = backend_->read(path, std::move(options)).get();
    return reader->read_all().get().to_string();
  }

  Config config_;
  FixedClock clock_;
  Env env_ = Env::system();
  std::shared_ptr<test::Script> script_ = std::make_shared<test::Script>();
  std::shared_ptr<Client> client_;
  std::shared_ptr<Backend> backend_;
  std::string message_;
};

inline ScriptedAnswer error(int status, const std::string& code, const std::string& more = {},
                            const std::string& headers = {}) {
  return {"HTTP/1.1 " + std::to_string(status) + " No\n" + headers,
          "<Error><Code>" + code + "</Code><Message>told so</Message>" + more + "</Error>"};
}

}  // namespace genro::storage::s3
