// Faults under copies and moves of whole trees between mounts: whatever fails, every file at the target is whole or absent,
// a copy leaves its source alone, and a move never loses a file.
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "backends/local/local.h"
#include "core/env.h"
#include "fakes/fake_network.h"
#include "fakes/fake_store.h"
#include "faults/fault_points.h"
#include "faults/faulty_files.h"
#include "genro/storage/node.h"
#include "layers/retry.h"
#include "loop/system_files.h"
#include "manager/mount_builder.h"

namespace genro::storage::test {
namespace {

namespace fs = std::filesystem;
using Tree = std::map<std::string, std::string>;

Tree make_tree() {
  Tree tree;
  for (const char* name : {"a", "b/c", "b/d/e", "f", "g/h"}) tree[name] = std::string(300, name[0]) + name;
  tree["b/empty"] = "";
  return tree;
}
const Tree kTree = make_tree();

/// Two stores and two folders, each with retries where it is a network, and nodes on them.
struct World {
  World() {
    const char* base = fs::is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
    std::string pattern = std::string(base) + "/genro-faults-XXXXXX";
    folder = ::mkdtemp(pattern.data());
    fs::create_directories(folder / "one");
    fs::create_directories(folder / "two");
    auto table = std::make_shared<MountTable>();
    for (const auto& [name, store] : {std::pair{"store1", store1}, std::pair{"store2", store2}}) {
      table->push_back(wrap_backend(name, with_retry(store, env), env));
    }
    for (const auto& [name, path] : {std::pair{"one", folder / "one"}, std::pair{"two", folder / "two"}}) {
      const MountOptions options(name, "local", {{"base_path", path.string()}}, kLocalOptions);
      table->push_back(wrap_backend(name, make_local({options, env}), env));
    }
    state->replace(std::move(table));
  }
  ~World() { fs::remove_all(folder); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Node node(const std::string& mount) const { return Node(state, state->require(mount), "tree"); }
  void fill(const std::string& mount) {
    for (const auto& [path, text] : kTree) {
      if (mount == "store1") {
        store1->store("tree/" + path, Bytes::copy_of(text));
      } else {
        const fs::path file = folder / mount / "tree" / path;
        fs::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << text;
      }
    }
    files.log.clear();
  }
  /// What is really there, below the tree's folder, whichever way the engine sees it.
  Tree content(const std::string& mount) const {
    Tree tree;
    if (mount.starts_with("store")) {
      for (const auto& [path, object] : (mount == "store1" ? store1 : store2)->objects)
        tree[path.substr(5)] = object.content.to_string();
      return tree;
    }
    const fs::path root = folder / mount / "tree";
    if (!fs::exists(root)) return tree;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      tree[entry.path().lexically_relative(root).string()] = std::string(std::istreambuf_iterator<char>(file), {});
    }
    return tree;
  }

  fs::path folder;
  VirtualClock clock;
  FakeRandom random;
  FaultyFiles files{system_files()};
  Env env{&clock, &random, &files, nullptr};
  std::shared_ptr<FakeStore> store1 = std::make_shared<FakeStore>(clock);
  std::shared_ptr<FakeStore> store2 = std::make_shared<FakeStore>(clock);
  std::shared_ptr<ManagerState> state = std::make_shared<ManagerState>(env, nullptr);
};

struct Route {
  const char* name;
  const char* from;
  const char* to;
  bool move;
  friend void PrintTo(const Route& route, std::ostream* out) { *out << route.name; }
};

Task<void> act(World& world, Route route) {
  Node source = world.node(route.from);
  if (route.move) {
    Task<Node> moving = source.move_to(world.node(route.to));
    co_await moving;
  } else {
    Task<Node> copying = source.copy_to(world.node(route.to));
    co_await copying;
  }
}

void check(World& world, const Route& route, bool succeeded, bool clean) {
  const Tree source = world.content(route.from);
  const Tree target = world.content(route.to);
  for (const auto& [path, text] : target) {
    if (!clean && path.ends_with(".tmp")) continue;  // removing it was what failed
    ASSERT_TRUE(kTree.contains(path)) << path << " is no file of the tree";
    EXPECT_EQ(text, kTree.at(path)) << path << " is torn";
  }
  for (const auto& [path, text] : source) EXPECT_EQ(text, kTree.at(path)) << path;
  for (const auto& [path, text] : kTree) {
    EXPECT_TRUE(source.contains(path) || (route.move && target.contains(path))) << path << " is lost";
    if (succeeded) {
      EXPECT_TRUE(target.contains(path)) << path << " is missing";
    }
  }
  if (succeeded && route.move) {
    EXPECT_TRUE(source.empty());
  }
  EXPECT_EQ(world.store1->running + world.store2->running, 0);
  EXPECT_EQ(world.store1->open_readers + world.store2->open_readers, 0);
  EXPECT_TRUE(world.store1->uploads.empty() && world.store2->uploads.empty());
}

/// Runs the route in virtual time; `prepare` sets what shall fail.
bool run_route(World& world, const Route& route) {
  Loop loop(Loop::Kind::reactor, world.clock, std::make_unique<VirtualPoller>(world.clock));
  const GetOn get_on(loop);
  const bool succeeded = act(world, route).result().ok();
  Loop::Drive driving(loop);
  try {
    for (;;) loop.run_once();
  } catch (const std::logic_error&) {
  }
  return succeeded;
}

void check_closed(World& world) {
  world.state.reset();
  EXPECT_TRUE(world.files.open_descriptors().empty())
      << world.files.open_descriptors().size() << " descriptors are left open";
}

class NodeFaults : public testing::TestWithParam<Route> {};

TEST_P(NodeFaults, EveryCallOfAStoreMayFailAndNoFileIsTornOrLost) {
  const Route route = GetParam();
  for (const bool at_target : {false, true}) {
    if (!std::string_view(at_target ? route.to : route.from).starts_with("store")) continue;
    const auto store_of = [at_target](World& world) { return at_target ? world.store2 : world.store1; };
    std::uint64_t calls = 0;
    {
      World world;
      world.fill(route.from);
      EXPECT_TRUE(run_route(world, route));
      check(world, route, true, true);
      calls = store_of(world)->plan.calls;
    }
    for (const Trouble trouble : kTroubles) {
      for (std::uint64_t nth = 1; nth <= calls; ++nth) {
        for (const bool for_ever : {false, true}) {
          if (HasFailure()) return;
          run_point(std::string(route.name) + " trouble " + std::to_string(static_cast<int>(trouble)) + " at call " +
                        std::to_string(nth) + (for_ever ? " and after" : ""),
                    [&] {
                      World world;
                      world.fill(route.from);
                      store_of(world)->plan = {nth, for_ever, trouble, 0};
                      const bool succeeded = run_route(world, route);
                      check(world, route, succeeded, true);
                      check_closed(world);
                    });
        }
      }
    }
  }
}

TEST_P(NodeFaults, EverySystemCallMayFailAndNoFileIsTornOrLost) {
  const Route route = GetParam();
  const bool stores_only =
      std::string_view(route.from).starts_with("store") && std::string_view(route.to).starts_with("store");
  if (stores_only) return;
  // Between folders helper threads copy, in real time; every other route is driven here.
  const bool real =
      !std::string_view(route.from).starts_with("store") && !std::string_view(route.to).starts_with("store");
  const auto run = [&](World& world) { return real ? act(world, route).result().ok() : run_route(world, route); };
  std::uint64_t calls = 0;
  {
    World world;
    world.fill(route.from);
    EXPECT_TRUE(run(world));
    check(world, route, true, true);
    calls = world.files.calls();
  }
  for (const auto& [kind, error] :
       {std::pair{FileFault::Kind::before, EIO}, {FileFault::Kind::before, ENOSPC}, {FileFault::Kind::after, EIO}}) {
    for (std::uint64_t nth = 1; nth <= calls; nth += real ? 3 : 1) {
      for (const bool for_ever : {false, true}) {
        if (HasFailure()) return;
        run_point(std::string(route.name) + " errno " + std::to_string(error) + " at system call " +
                      std::to_string(nth) + (for_ever ? " and after" : ""),
                  [&, kind = kind, error = error] {
                    World world;
                    world.fill(route.from);
                    world.files.fault = {nth, for_ever, kind, error};
                    const bool succeeded = run(world);
                    const bool unlink_failed = nth <= world.files.calls() && world.files.log[nth - 1] == "unlink";
                    check(world, route, succeeded, !for_ever && !unlink_failed);
                    check_closed(world);
                  });
      }
    }
  }
}

constexpr Route kRoutes[] = {
    {"copy_store_to_store", "store1", "store2", false}, {"move_store_to_store", "store1", "store2", true},
    {"copy_store_to_folder", "store1", "two", false},   {"move_store_to_folder", "store1", "two", true},
    {"copy_folder_to_store", "one", "store2", false},   {"move_folder_to_store", "one", "store2", true},
    {"copy_folder_to_folder", "one", "two", false},     {"move_folder_to_folder", "one", "two", true},
};
INSTANTIATE_TEST_SUITE_P(Nodes, NodeFaults, testing::ValuesIn(kRoutes),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace genro::storage::test
