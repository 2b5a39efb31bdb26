// What is special about memory mounts: one tree per process, contents shared and not copied, folders that come and go.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "backends/protocols.h"
#include "core/env.h"
#include "unit/both_drivers.h"

namespace genro::storage::test {
namespace {

class Memory : public BothDrivers {
 protected:
  static std::shared_ptr<Backend> mount(const std::string& base) {
    return find_protocol("memory")->make({MountOptions("cache", "memory", {{"base_path", base}}), Env::system()});
  }
  static std::string unique() {
    static std::atomic<int> count{0};
    return "memory-test-" + std::to_string(count++);
  }
  void put(Backend& backend, const std::string& path, std::string_view content) {
    run(backend.put(path, Body(Bytes::copy_of(content)), {}));
  }
  Bytes get(Backend& backend, const std::string& path) {
    const std::unique_ptr<Reader> reader = run(backend.read(path, {}));
    return run(reader->read_all());
  }
};
GENRO_BOTH_DRIVERS(Memory);

TEST_P(Memory, mounts_of_one_base_are_one_place) {
  const std::string base = unique();
  const auto first = mount(base);
  const auto second = mount("/" + base + "/");
  const auto inner = mount(base + "/dir");
  put(*first, "dir/file", "shared");
  EXPECT_EQ(get(*second, "dir/file").view(), "shared");
  EXPECT_EQ(get(*inner, "file").view(), "shared");
  EXPECT_EQ(run(inner->stat("file"))->path, "file");
  EXPECT_EQ(run(inner->list("", {})).entries.at(0).path, "file");
  EXPECT_EQ(first->identity(), second->identity());
  EXPECT_NE(first->identity(), inner->identity());
  EXPECT_FALSE(run(mount(unique())->stat("dir/file")));
}

TEST_P(Memory, a_read_gives_the_very_memory_that_was_put) {
  const auto backend = mount(unique());
  const Bytes content = Bytes::copy_of(std::string(5000, 'x'));
  run(backend->put("file", Body(content), {}));
  EXPECT_EQ(get(*backend, "file").data(), content.data());
  EXPECT_EQ(get(*backend, "file").data(), content.data());
}

TEST_P(Memory, an_implied_folder_goes_with_its_last_file_and_a_made_one_stays) {
  const auto backend = mount(unique());
  put(*backend, "implied/deeper/file", "x");
  run(backend->make_dir("made"));
  put(*backend, "made/deeper/file", "x");
  run(backend->remove("implied/deeper/file"));
  run(backend->remove("made/deeper/file"));
  EXPECT_FALSE(run(backend->stat("implied/deeper")));
  EXPECT_FALSE(run(backend->stat("implied")));
  EXPECT_FALSE(run(backend->stat("made/deeper")));
  EXPECT_TRUE(run(backend->stat("made")));
}

TEST_P(Memory, a_folder_can_be_made_below_a_base_where_nothing_was_ever_written) {
  const auto backend = mount(unique() + "/never/written");
  EXPECT_TRUE(run(backend->stat(""))->is_directory());
  EXPECT_TRUE(run(backend->list("", {})).entries.empty());
  run(backend->make_dir("top"));
  EXPECT_TRUE(run(backend->stat("top"))->is_directory());
}

TEST_P(Memory, the_time_is_that_of_the_last_write) {
  const auto backend = mount(unique());
  put(*backend, "file", "one");
  const std::int64_t first = run(backend->stat("file"))->mtime_ns;
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_EQ(run(backend->stat("file"))->mtime_ns, first);
  put(*backend, "file", "two");
  EXPECT_GT(run(backend->stat("file"))->mtime_ns, first);
}

TEST_P(Memory, appends_of_many_threads_are_all_there_and_readers_see_a_beginning) {
  const auto backend = mount(unique());
  put(*backend, "log", "");
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) backend->append("log", Body(Bytes::copy_of("0123456789"))).get();
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 300; ++i) {
      const std::string content = backend->read("log", {}).get()->read_all().get().to_string();
      if (content.size() % 10 != 0) ++wrong;
      for (std::size_t at = 0; at < content.size(); ++at) {
        if (content[at] != static_cast<char>('0' + at % 10)) ++wrong;
      }
    }
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(run(backend->stat("log"))->size, 3U * 300U * 10U);
}

TEST_P(Memory, a_forked_child_can_go_on_while_other_threads_write) {
  const auto backend = mount(unique());
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; !done; ++i) {
      backend->put("dir/file" + std::to_string(i % 50), Body(Bytes::copy_of("content")), {}).get();
      backend->remove("dir/file" + std::to_string((i + 25) % 50)).get();
    }
  });
  int failed = 0;
  for (int i = 0; i < 10; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(60);  // a lock that nobody opens ends the child, and the test
      backend->put("child", Body(Bytes::copy_of("x")), {}).get();
      const bool good =
          backend->read("child", {}).get()->read_all().get().view() == "x" && backend->stat("").get().has_value();
      _exit(good ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    if (status != 0) ++failed;
  }
  done = true;
  writer.join();
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace genro::storage::test
