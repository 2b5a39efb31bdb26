// The client against Python's http.server on loopback, plain and over TLS with an authority of our own.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <latch>
#include <mutex>
#include <thread>

#include "genro/storage/error.h"
#include "loop/run.h"
#include "loop/task_group.h"
#include "net/http_client.h"
#include "net/http_pool.h"

namespace genro::storage {
namespace {

namespace fs = std::filesystem;

/// A server process; its port is what it prints.
class Server {
 public:
  explicit Server(std::vector<std::string> arguments) {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) std::abort();
    const std::string script = GENRO_TESTS "/unit/net/loopback_server.py";
    arguments.insert(arguments.begin(), {"python3", script});
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(pipe[1], 1);
      ::execvp(raw[0], raw.data());
      ::_exit(127);
    }
    ::close(pipe[1]);
    std::string text;
    for (char c; ::read(pipe[0], &c, 1) == 1 && c != '\n';) text += c;
    ::close(pipe[0]);
    port_ = static_cast<std::uint16_t>(std::atoi(text.c_str()));
  }
  ~Server() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  std::uint16_t port() const { return port_; }

 private:
  pid_t process_ = -1;
  std::uint16_t port_ = 0;
};

std::string content(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i % 251 * 31 % 251);
  return out;
}

struct Answer {
  int status = 0;
  std::string body;
};

Task<Answer> fetch(std::shared_ptr<HttpTransport> transport, HttpRequest request) {
  Task<std::unique_ptr<HttpResponse>> sending = transport->send(std::move(request));
  const std::unique_ptr<HttpResponse> response = co_await sending;
  Task<Bytes> reading = response->read_all(1 << 28);
  const Bytes body = co_await reading;
  co_return Answer{response->status(), body.to_string()};
}

HttpRequest get(std::string target) {
  HttpRequest request;
  request.target = std::move(target);
  return request;
}

HttpRequest put(std::string target, Body body) {
  HttpRequest request;
  request.method = "PUT";
  request.target = std::move(target);
  request.body = std::move(body);
  return request;
}

/// .start() on the library's reactor, waited for here.
template <class T>
Result<T> on_reactor(Task<T> task) {
  std::mutex mutex;
  std::condition_variable done;
  std::optional<Result<T>> outcome;
  const Operation operation = std::move(task).start({}, [&](Result<T> result) {
    const std::lock_guard lock(mutex);
    outcome.emplace(std::move(result));
    done.notify_one();
  });
  std::unique_lock lock(mutex);
  done.wait(lock, [&] { return outcome.has_value(); });
  return std::move(*outcome);
}

class Loopback : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = fs::temp_directory_path() / ("genro_tls_" + std::to_string(::getpid()));
    fs::create_directories(folder);
    const std::string make =
        "cd '" + folder.string() +
        "' && { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=test "
        "authority'" +
        " -keyout ca.key -out ca.pem -addext keyUsage=critical,keyCertSign && openssl req -newkey ec -pkeyopt "
        "ec_paramgen_curve:P-256 -nodes" +
        " -subj '/CN=server' -keyout server.key -out server.csr && echo subjectAltName=IP:127.0.0.1 > san &&" +
        " openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 2 -set_serial 2 -out server.pem -extfile "
        "san; } 2>/dev/null >/dev/null";
    ASSERT_EQ(std::system(make.c_str()), 0);
    plain = std::make_unique<Server>(std::vector<std::string>());
    secure = std::make_unique<Server>(
        std::vector<std::string>{(folder / "server.pem").string(), (folder / "server.key").string()});
    ASSERT_NE(plain->port(), 0);
    ASSERT_NE(secure->port(), 0);
  }
  static void TearDownTestSuite() {
    plain.reset();
    secure.reset();
    fs::remove_all(folder);
  }
  static HttpOptions direct() {
    HttpOptions options;
    options.proxy = "direct";
    return options;
  }
  static std::shared_ptr<HttpTransport> plain_client() {
    return make_http_client(Env::system(), {false, "127.0.0.1", plain->port()}, direct());
  }
  static HttpOptions trusting() {
    HttpOptions options = direct();
    options.tls.ca_file = (folder / "ca.pem").string();
    return options;
  }
  static std::shared_ptr<HttpTransport> secure_client() {
    return make_http_client(Env::system(), {true, "127.0.0.1", secure->port()}, trusting());
  }
  static Error failure(std::shared_ptr<HttpTransport> transport) {
    const Result<Answer> result = fetch(transport, get("/bytes/1")).result();
    if (result.ok()) return Error(ErrorCode::internal, "no failure");
    return Error::from(result.exception());
  }

  static inline fs::path folder;
  static inline std::unique_ptr<Server> plain;
  static inline std::unique_ptr<Server> secure;
};

TEST_F(Loopback, reads_every_framing_under_both_drivers_plain_and_secure) {
  for (const auto& transport : {plain_client(), secure_client()}) {
    for (const char* kind : {"/bytes/", "/chunked/"}) {
      for (const std::size_t size : {0UL, 1UL, 1000UL, 16384UL, 300000UL, 3000000UL}) {
        const std::string target = kind + std::to_string(size);
        EXPECT_TRUE(fetch(transport, get(target)).get().body == content(size)) << target;
        EXPECT_TRUE(on_reactor(fetch(transport, get(target))).take().body == content(size)) << target;
      }
    }
  }
}

TEST_F(Loopback, takes_the_end_of_a_connection_for_the_end_of_a_body_only_where_nobody_could_have_forged_it) {
  EXPECT_TRUE(fetch(plain_client(), get("/until-close/300000")).get().body == content(300000));
  const Result<Answer> cut = fetch(secure_client(), get("/until-close/300000")).result();  // without TLS's close_notify
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(Error::from(cut.exception()).code(), ErrorCode::connection) << Error::from(cut.exception()).what();
}

TEST_F(Loopback, sends_bodies_from_memory_and_from_files) {
  const std::string body = content(5000000);
  const fs::path file = folder / "body";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::write(descriptor, body.data(), body.size()), static_cast<ssize_t>(body.size()));
  const std::shared_ptr<const int> shared(new int(descriptor), [](const int* open) {
    ::close(*open);
    delete open;
  });
  for (const auto& transport : {plain_client(), secure_client()}) {
    for (const std::size_t size : {1UL, 20000UL, 5000000UL}) {
      const Bytes memory = Bytes::copy_of(std::string_view(body).substr(0, size));
      EXPECT_TRUE(fetch(transport, put("/echo", Body(memory))).get().body == memory.view()) << size;
      EXPECT_TRUE(on_reactor(fetch(transport, put("/echo", Body(memory)))).take().body == memory.view()) << size;
      const Body part(FileSpan{shared, 7, size / 2});
      EXPECT_TRUE(fetch(transport, put("/echo", part)).get().body == body.substr(7, size / 2)) << size;
      EXPECT_TRUE(on_reactor(fetch(transport, put("/echo", part))).take().body == body.substr(7, size / 2)) << size;
    }
  }
}

TEST_F(Loopback, reads_the_answer_of_a_server_that_refuses_a_body_halfway) {
  const Bytes body = Bytes::copy_of(std::string(30'000'000, 'x'));
  EXPECT_EQ(fetch(plain_client(), put("/refuse", Body(body))).get().status, 413);
  EXPECT_EQ(on_reactor(fetch(plain_client(), put("/refuse", Body(body)))).take().status, 413);
}

TEST_F(Loopback, sends_the_body_as_soon_as_the_server_says_continue) {
  HttpOptions options = direct();
  options.continue_timeout = std::chrono::seconds(60);  // more than a busy server takes
  const auto transport = make_http_client(Env::system(), {false, "127.0.0.1", plain->port()}, options);
  const TimePoint begun = Env::system().clock->now();
  HttpRequest request = put("/echo", Body(Bytes::copy_of(std::string(100000, 'x'))));
  request.expect_continue = true;
  EXPECT_EQ(fetch(transport, std::move(request)).get().body.size(), 100000U);
  EXPECT_LT(Env::system().clock->now() - begun, options.continue_timeout);
}

TEST_F(Loopback, reports_a_cut_body_over_tls_too) {
  for (const auto& transport : {plain_client(), secure_client()}) {
    const Result<Answer> result = fetch(transport, get("/cut/100000")).result();
    ASSERT_FALSE(result.ok());
    const ErrorCode code = Error::from(result.exception()).code();
    EXPECT_TRUE(code == ErrorCode::truncated || code == ErrorCode::connection) << static_cast<int>(code);
  }
}

TEST_F(Loopback, resumes_tls_sessions) {
  const auto transport = secure_client();
  fetch(transport, get("/session")).get();
  EXPECT_EQ(fetch(transport, get("/session")).get().body, "resumed");
}

TEST_F(Loopback, refuses_a_certificate_of_an_unknown_authority) {
  const Error error = failure(make_http_client(Env::system(), {true, "127.0.0.1", secure->port()}, direct()));
  EXPECT_EQ(error.code(), ErrorCode::tls);
  EXPECT_NE(std::string(error.what()).find("certificate"), std::string::npos) << error.what();
}

TEST_F(Loopback, refuses_a_certificate_of_another_host) {
  const Error error = failure(make_http_client(Env::system(), {true, "localhost", secure->port()}, trusting()));
  EXPECT_EQ(error.code(), ErrorCode::tls);
  EXPECT_NE(std::string(error.what()).find("hostname mismatch"), std::string::npos) << error.what();
}

TEST_F(Loopback, accepts_any_certificate_when_told_so) {
  HttpOptions options = direct();
  options.tls.verify = false;
  const auto transport = make_http_client(Env::system(), {true, "localhost", secure->port()}, options);
  EXPECT_EQ(fetch(transport, get("/bytes/5")).get().body.size(), 5U);
}

TEST_F(Loopback, reports_a_server_that_speaks_no_tls) {
  const Error error = failure(make_http_client(Env::system(), {true, "127.0.0.1", plain->port()}, trusting()));
  EXPECT_TRUE(error.code() == ErrorCode::tls || error.code() == ErrorCode::connection) << error.what();
}

TEST_F(Loopback, reports_a_ca_file_that_cannot_be_read) {
  HttpOptions options = direct();
  options.tls.ca_file = (folder / "missing.pem").string();
  try {
    make_http_client(Env::system(), {true, "127.0.0.1", secure->port()}, options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::config);
  }
}

TEST_F(Loopback, reports_a_host_that_does_not_exist_and_a_port_that_nobody_serves) {
  EXPECT_EQ(failure(make_http_client(Env::system(), {false, "does-not-exist.invalid", 80}, direct())).code(),
            ErrorCode::connection);
  EXPECT_EQ(failure(make_http_client(Env::system(), {false, "127.0.0.1", 1}, direct())).code(), ErrorCode::connection);
}

TEST_F(Loopback, finds_the_address_of_a_name_that_serves) {
  // "localhost" may be ::1 first, where nobody listens.
  EXPECT_EQ(fetch(make_http_client(Env::system(), {false, "localhost", plain->port()}, direct()), get("/bytes/3"))
                .get()
                .body.size(),
            3U);
}

TEST_F(Loopback, serves_many_threads_and_the_reactor_at_once_from_one_client) {
  const auto transport = plain_client();
  std::atomic<int> good{0};
  std::latch finished(200);
  for (int i = 0; i < 200; ++i) {
    const std::size_t size = static_cast<std::size_t>(i * 97);
    const Operation operation = fetch(transport, get("/bytes/" + std::to_string(size)))
                                    .start({}, [&good, &finished, size](Result<Answer> result) {
                                      if (result.ok() && std::move(result).take().body == content(size)) ++good;
                                      finished.count_down();
                                    });
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&good, transport, t] {
      for (int i = 0; i < 25; ++i) {
        const std::size_t size = static_cast<std::size_t>(t * 1000 + i);
        if (fetch(transport, get("/chunked/" + std::to_string(size))).get().body == content(size)) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  finished.wait();
  EXPECT_EQ(good.load(), 400);
}

Task<std::unique_ptr<HttpResponse>> begin(std::shared_ptr<HttpTransport> transport, HttpRequest request) {
  Task<std::unique_ptr<HttpResponse>> sending = transport->send(std::move(request));
  co_return co_await sending;
}

TEST_F(Loopback, reads_on_under_another_driver_than_it_began_with) {
  for (const auto& transport : {plain_client(), secure_client()}) {
    std::unique_ptr<HttpResponse> response = begin(transport, get("/bytes/2000000")).get();
    EXPECT_TRUE(on_reactor(response->read_all(1 << 24)).take().view() == content(2000000));
    std::unique_ptr<HttpResponse> other = on_reactor(begin(transport, get("/bytes/2000000"))).take();
    EXPECT_TRUE(other->read_all(1 << 24).get().view() == content(2000000));
    EXPECT_EQ(on_reactor(fetch(transport, get("/bytes/10"))).take().body.size(), 10U);
    EXPECT_EQ(fetch(transport, get("/bytes/10")).get().body.size(), 10U);
    // Dropped here, where neither its loop nor its poller may be touched.
    other = on_reactor(begin(transport, get("/bytes/2000000"))).take();
    other.reset();
    EXPECT_EQ(on_reactor(fetch(transport, get("/bytes/10"))).take().body.size(), 10U);
  }
}

TEST_F(Loopback, cancels_while_the_body_comes) {
  const auto transport = plain_client();
  for (int i = 0; i < 20; ++i) {
    std::latch done(1);
    std::optional<ErrorCode> code;
    Operation operation = fetch(transport, get("/bytes/20000000")).start({}, [&](Result<Answer> result) {
      code = result.ok() ? ErrorCode::internal : Error::from(result.exception()).code();
      done.count_down();
    });
    std::this_thread::sleep_for(std::chrono::microseconds(700 * i));
    operation.cancel();
    done.wait();
    EXPECT_TRUE(code == ErrorCode::cancelled || code == ErrorCode::internal);
  }
  EXPECT_EQ(on_reactor(fetch(transport, get("/bytes/10"))).take().body.size(), 10U);
}

TEST_F(Loopback, hands_few_connections_round_between_threads_and_the_reactor) {
  HttpOptions options = direct();
  options.max_connections = 2;
  const auto transport = make_http_client(Env::system(), {false, "127.0.0.1", plain->port()}, options);
  std::atomic<int> good{0};
  std::latch finished(100);
  const auto check = [&good](Result<Answer> result) {
    if (result.ok() && std::move(result).take().body == content(77)) ++good;
  };
  for (int i = 0; i < 100; ++i) {
    Operation operation = fetch(transport, get("/bytes/77")).start({}, [&](Result<Answer> result) {
      check(std::move(result));
      finished.count_down();
    });
    if (i % 10 == 9) operation.cancel();  // while it waits in line, or just as it is its turn
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&check, transport] {
      for (int i = 0; i < 20; ++i) check(fetch(transport, get("/bytes/77")).result());
    });
  }
  for (std::thread& thread : threads) thread.join();
  finished.wait();
  EXPECT_GE(good.load(), 210);
  EXPECT_EQ(HttpPool::of(Env::system(), {false, "127.0.0.1", plain->port()}, options)->state().in_use, 0U);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GENRO_NO_THREADS_AFTER_FORK 1  // ThreadSanitizer ends a forked child that starts threads
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define GENRO_NO_THREADS_AFTER_FORK 1
#endif
#ifndef GENRO_NO_THREADS_AFTER_FORK
TEST_F(Loopback, gives_a_forked_child_connections_of_its_own) {
  HttpOptions kept = trusting();
  kept.idle_time = std::chrono::hours(1);  // the parent's live on, however long the child takes
  for (const HttpEndpoint& server :
       {HttpEndpoint{false, "127.0.0.1", plain->port()}, HttpEndpoint{true, "127.0.0.1", secure->port()}}) {
    const auto transport = make_http_client(Env::system(), server, kept);
    const std::string before = fetch(transport, get("/peer")).get().body;
    const std::string on_loop = on_reactor(fetch(transport, get("/peer"))).take().body;
    const pid_t child = ::fork();
    if (child == 0) {
      int status = 1;
      const std::string mine = fetch(transport, get("/peer")).get().body;
      const Result<Answer> again = on_reactor(fetch(transport, get("/peer")));
      if (!mine.empty() && mine != before && mine != on_loop && again.ok()) status = 0;
      ::_exit(status);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(fetch(transport, get("/peer")).get().body, before);  // the parent's lived on
    EXPECT_EQ(on_reactor(fetch(transport, get("/peer"))).take().body, on_loop);
  }
}
#endif

}  // namespace
}  // namespace genro::storage
