#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "genro/storage/storage.h"
#include "unit/both_drivers.h"

namespace genro::storage {
namespace {

using ::testing::HasSubstr;

template <class Set>
CallOptions with(Set set) {
  CallOptions options;
  set(options);
  return options;
}
CallOptions in_shell() {
  return with([](CallOptions& options) { options.shell = true; });
}
CallOptions for_a_moment(bool captured) {
  return with([=](CallOptions& options) {
    options.timeout = 0.1;
    options.return_output = captured;
  });
}

// A terminal there would be shared with the programs, which then have no process group of their own.
const int kNothingToRead = ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);

class CallTest : public test::BothDrivers {
 protected:
  CallTest() {
    EXPECT_EQ(kNothingToRead, STDIN_FILENO);
    static int next = 0;
    storage_.configure({{{"name", "m"}, {"protocol", "memory"}, {"base_path", "call_" + std::to_string(next++)}},
                        {{"name", "b"}, {"protocol", "base64"}},
                        {{"name", "view"}, {"path", "m:"}, {"permissions", "readonly"}}});
  }
  Node at(const std::string& address) { return storage_.node(address); }
  void put(const std::string& address, std::string_view text) { run(at(address).write_bytes(Bytes::copy_of(text))); }
  std::string get(const std::string& address) { return run(at(address).read_bytes()).to_string(); }
  std::string output(std::vector<CallArgument> arguments, CallOptions options = {}) {
    options.return_output = true;
    return run(Node().call(std::move(arguments), std::move(options)));
  }

  StorageManager storage_;
};

TEST_P(CallTest, a_program_reads_and_writes_nodes) {
  put("m:in.txt", "b\na\n");
  put("m:out.txt", "old");
  run(Node().call({"sort", "-o", at("m:out.txt"), at("m:in.txt")}));
  EXPECT_EQ(get("m:out.txt"), "a\nb\n");
  EXPECT_EQ(get("m:in.txt"), "b\na\n");
}

TEST_P(CallTest, arguments_are_words_and_a_shell_is_asked_for) {
  EXPECT_EQ(output({"printf", "%s|", "a b;$HOME", ""}), "a b;$HOME||");
  put("m:in", "xyz");
  EXPECT_EQ(output({"wc -c < \"$0\"; echo two", at("m:in")}, in_shell()), "3\ntwo\n");
}

TEST_P(CallTest, output_of_any_size_is_returned) {
  EXPECT_EQ(output({"head", "-c", "1000000", "/dev/zero"}), std::string(1'000'000, '\0'));
}

TEST_P(CallTest, folder_and_environment_may_be_given) {
  EXPECT_EQ(output({"pwd"}, with([](CallOptions& options) { options.cwd = "/usr"; })), "/usr\n");
  EXPECT_EQ(output({"env"}, with([](CallOptions& options) { options.environment = {{"A=b"}}; })), "A=b\n");
}

TEST_P(CallTest, a_program_that_fails_uploads_nothing) {
  put("m:f", "old");
  bool called = false;
  CallOptions options;
  options.shell = true;
  options.callback = [&] { called = true; };
  EXPECT_THAT(message(Node().call({"echo new > \"$0\"; exit 3", at("m:f")}, options)), HasSubstr("status 3"));
  EXPECT_THAT(message(Node().call({"kill -9 $$", at("m:f")}, options)), HasSubstr("signal 9"));
  EXPECT_EQ(get("m:f"), "old");
  EXPECT_FALSE(called);
}

TEST_P(CallTest, a_missing_program_is_not_found) {
  EXPECT_EQ(failure(Node().call({"no-such-program-of-any-kind"})), ErrorCode::not_found);
  EXPECT_EQ(failure(Node().call({})), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(Node().call({"true", Node()})), ErrorCode::invalid_argument);
}

TEST_P(CallTest, a_timeout_kills_the_program) {
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(failure(Node().call({"sleep", "600"}, for_a_moment(false))), ErrorCode::timeout);
  EXPECT_EQ(failure(Node().call({"sleep", "600"}, for_a_moment(true))), ErrorCode::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(60));
}

TEST_P(CallTest, the_callback_sees_what_was_uploaded) {
  std::string seen;
  CallOptions options;
  options.shell = true;
  options.callback = [&] { seen = at("m:f").read_bytes().get().to_string(); };
  if (GetParam() == test::Driver::reactor) options.callback = [&] { seen = "new\n"; };  // a loop must not block
  run(Node().call({"echo new > \"$0\"", at("m:f")}, options));
  EXPECT_EQ(seen, "new\n");
}

TEST_P(CallTest, one_file_is_brought_once_and_inputs_need_no_permission) {
  put("m:f", "x");
  put("m:only", "read me");
  const std::string script = "test \"$0\" = \"$1\" && test \"$1\" = \"$2\" && echo more >> \"$0\"";
  run(Node().call({script, at("view:f"), at("m:f"), at("m:f")}, in_shell()));
  EXPECT_EQ(get("m:f"), "xmore\n");
  EXPECT_EQ(output({"cat", at("view:only"), at("b:aGVsbG8=")}), "read mehello");
  EXPECT_EQ(failure(Node().call({"true", at("view:none")})), ErrorCode::not_found);
}

// In a shell: it stays, and has started another program that holds its output open.
constexpr const char* kLeavesOne = "sleep 600 & echo $! > \"$0\"; exec sleep 600";

std::string first_line(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

/// Whether the process whose number is in the file ends; one that nobody has waited for yet counts.
bool ends(const std::string& pid_file) {
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < latest) {
    const std::string state = first_line("/proc/" + first_line(pid_file) + "/stat");
    if (state.empty() || state.find(") Z ") != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST_P(CallTest, a_timeout_ends_what_the_program_started_too) {
  const std::string pid_file = ::testing::TempDir() + "call_timeout_" + std::to_string(::getpid());
  CallOptions options;
  options.shell = options.return_output = true;
  options.timeout = 0.5;
  EXPECT_EQ(failure(Node().call({kLeavesOne, pid_file}, options)), ErrorCode::timeout);
  EXPECT_TRUE(ends(pid_file));
}

TEST(CallInALoop, a_cancelled_call_waits_for_no_pipe_that_another_program_holds) {
  const std::string pid_file = ::testing::TempDir() + "call_cancelled_" + std::to_string(::getpid());
  CallOptions options;
  options.shell = options.return_output = true;
  std::promise<Result<std::string>> ended;
  Operation operation = Node().call({kLeavesOne, pid_file}, options).start({}, [&](Result<std::string> result) {
    ended.set_value(std::move(result));
  });
  while (first_line(pid_file).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  operation.cancel();
  std::future<Result<std::string>> result = ended.get_future();
  ASSERT_EQ(result.wait_for(std::chrono::seconds(60)), std::future_status::ready);
  EXPECT_EQ(result.get().error().code(), ErrorCode::cancelled);
  EXPECT_TRUE(ends(pid_file));
}

TEST_P(CallTest, waits_for_descriptors_that_others_hold) {
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  EXPECT_EQ(output({"echo", "before"}), "before\n");  // whatever else it needs is open by now
  std::vector<int> held;
  std::promise<void> begun;
  std::promise<void> taken;
  // Begun before there are none: the sanitizers themselves need some when a thread's first object is looked at.
  std::thread giver([&] {
    begun.set_value();
    taken.get_future().wait();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    for (const int descriptor : held) ::close(descriptor);
    ::setrlimit(RLIMIT_NOFILE, &usual);
  });
  begun.get_future().wait();
  for (int i = 0; i < 3; ++i) held.push_back(::dup(STDIN_FILENO));
  rlimit few = usual;
  few.rlim_cur = static_cast<rlim_t>(held.back()) + 1;
  for (const int descriptor : held) ::close(descriptor);
  held.clear();
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  while (true) {
    const int next = ::dup(STDIN_FILENO);
    if (next < 0) break;
    held.push_back(next);
  }
  taken.set_value();
  const std::string seen = output({"echo", "after"});
  giver.join();
  EXPECT_EQ(seen, "after\n");
}

TEST(CallInALoop, a_cancelled_call_kills_its_program) {
  std::promise<Result<std::string>> ended;
  Operation operation =
      Node().call({"sleep", "600"}).start({}, [&](Result<std::string> result) { ended.set_value(std::move(result)); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  operation.cancel();
  std::future<Result<std::string>> result = ended.get_future();
  ASSERT_EQ(result.wait_for(std::chrono::seconds(60)), std::future_status::ready);
  EXPECT_EQ(result.get().error().code(), ErrorCode::cancelled);
}

GENRO_BOTH_DRIVERS(CallTest);

}  // namespace
}  // namespace genro::storage
