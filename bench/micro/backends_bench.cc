// What one operation of a local or memory mount costs in C++, through Task, beside the system calls that it stands on.
// Run with --benchmark_filter=...; the folder is TMPDIR's.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "backends/protocols.h"

namespace genro::storage {
namespace {

const std::string& folder() {
  static const std::string made = [] {
    std::string name = (std::filesystem::temp_directory_path() / "bench-XXXXXX").string();
    if (!mkdtemp(name.data())) std::abort();
    std::filesystem::create_directories(name + "/a/b");
    std::ofstream(name + "/a/b/file") << std::string(4096, 'x');
    std::ofstream(name + "/file") << std::string(4096, 'x');
    std::filesystem::create_directory(name + "/many");
    for (int i = 0; i < 2000; ++i) std::ofstream(name + "/many/file" + std::to_string(i)) << "x";
    std::atexit([] { std::filesystem::remove_all(folder()); });
    return name;
  }();
  return made;
}

Backend& backend(const std::string& protocol) {
  static const auto make = [](const std::string& name) {
    ConfigMap config{{"base_path", folder()}};
    if (name == "local") config.emplace_back("durable", false);
    return find_protocol(name)->make({MountOptions("bench", name, config), Env::system()});
  };
  static const auto local = make("local");
  static const auto memory = make("memory");
  return protocol == "local" ? *local : *memory;
}

const Bytes& four_kilobytes() {
  static const Bytes content = Bytes::copy_of(std::string(4096, 'x'));
  return content;
}

void read_one(Backend& backend, const std::string& path) {
  const std::unique_ptr<Reader> reader = backend.read(path, {}).get();
  benchmark::DoNotOptimize(reader->read_all().get());
}

Task<void> read_many(Backend& backend, std::string path, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    Task<std::unique_ptr<Reader>> opening = backend.read(path, {});
    const std::unique_ptr<Reader> reader = co_await opening;
    Task<Bytes> reading = reader->read_all();
    const Bytes content = co_await reading;
    benchmark::DoNotOptimize(content.data());
  }
}

void system_read(benchmark::State& state) {
  const std::string path = folder() + "/a/b/file";
  static char buffer[65536];
  const int root = open(folder().c_str(), O_PATH | O_DIRECTORY);
  for (auto _ : state) {
    const int file = openat(root, "a/b/file", O_RDONLY);
    benchmark::DoNotOptimize(read(file, buffer, sizeof buffer));
    close(file);
  }
  close(root);
}
BENCHMARK(system_read);

void local_read(benchmark::State& state) {
  for (auto _ : state) read_one(backend("local"), "a/b/file");
}
BENCHMARK(local_read);

void local_read_awaited(benchmark::State& state) {
  std::promise<void> done;
  read_many(backend("local"), "a/b/file", 1).get();
  for (auto _ : state) {
    std::promise<void> finished;
    read_many(backend("local"), "a/b/file", 1000).start({}, [&](Result<void>) { finished.set_value(); });
    finished.get_future().wait();
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(local_read_awaited)->UseRealTime();

void system_stat(benchmark::State& state) {
  struct stat status{};
  const std::string path = folder() + "/a/b/file";
  for (auto _ : state) benchmark::DoNotOptimize(stat(path.c_str(), &status));
}
BENCHMARK(system_stat);

void local_stat(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(backend("local").stat("a/b/file").get());
}
BENCHMARK(local_stat);

void local_stat_in_root(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(backend("local").stat("file").get());
}
BENCHMARK(local_stat_in_root);

void local_stat_absent(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(backend("local").stat("a/b/nothing").get());
}
BENCHMARK(local_stat_absent);

void local_list(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(backend("local").list("many", {}).get());
  state.SetItemsProcessed(state.iterations() * 2000);
}
BENCHMARK(local_list);

void system_replace(benchmark::State& state) {
  const int root = open(folder().c_str(), O_PATH | O_DIRECTORY);
  for (auto _ : state) {
    const int file = openat(root, "temporary", O_WRONLY | O_CREAT | O_EXCL, 0666);
    benchmark::DoNotOptimize(write(file, four_kilobytes().data(), 4096));
    close(file);
    renameat(root, "temporary", root, "replaced");
  }
  close(root);
}
BENCHMARK(system_replace);

void local_replace(benchmark::State& state) {
  for (auto _ : state) backend("local").put("replaced", Body(four_kilobytes()), {}).get();
}
BENCHMARK(local_replace);

void system_create(benchmark::State& state) {
  const int root = open(folder().c_str(), O_PATH | O_DIRECTORY);
  for (auto _ : state) {
    const int file = openat(root, "created", O_WRONLY | O_CREAT | O_EXCL, 0666);
    benchmark::DoNotOptimize(write(file, four_kilobytes().data(), 4096));
    close(file);
    unlinkat(root, "created", 0);
  }
  close(root);
}
BENCHMARK(system_create);

void local_create(benchmark::State& state) {
  for (auto _ : state) {
    backend("local").put("created", Body(four_kilobytes()), {}).get();
    backend("local").remove("created").get();
  }
}
BENCHMARK(local_create);

void memory_get(benchmark::State& state) {
  backend("memory").put("a/b/file", Body(four_kilobytes()), {}).get();
  for (auto _ : state) read_one(backend("memory"), "a/b/file");
}
BENCHMARK(memory_get);

void memory_put(benchmark::State& state) {
  for (auto _ : state) backend("memory").put("a/b/file", Body(four_kilobytes()), {}).get();
}
BENCHMARK(memory_put);

void memory_stat(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(backend("memory").stat("a/b/file").get());
}
BENCHMARK(memory_stat);

void ready_task(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ready(1).get());
}
BENCHMARK(ready_task);

}  // namespace
}  // namespace genro::storage

BENCHMARK_MAIN();
