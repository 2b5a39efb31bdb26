// Faults of the file system under a local mount: after each, the target is whole, old or new, nothing is left open and no
// unfinished file stays. A call that fails for ever from some point on is what a crash at that point leaves behind, too.
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "backend/edit_buffer.h"
#include "backend/writer.h"
#include "backends/local/local.h"
#include "core/env.h"
#include "faults/fault_points.h"
#include "faults/faulty_files.h"
#include "loop/system_files.h"

namespace genro::storage::test {
namespace {

namespace fs = std::filesystem;

const std::string kOld(5000, 'o');
const std::string kNew(7000, 'n');
const std::string kBig((std::size_t{1} << 20) + 4111, 'b');  // more than one job, and a spill file

struct Folder {
  Folder() {
    const char* base = fs::is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
    std::string text = std::string(base) + "/genro-faults-XXXXXX";
    path = ::mkdtemp(text.data());
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

struct World {
  explicit World(Files& real) : files(real) {
    write("target", kOld);
    write("source", kNew);
    fs::create_directory(folder.path / "dir");
    write("dir/a", "a");
    mount = make_local({MountOptions("m", "local", {{"base_path", folder.path.string()}}, kLocalOptions), env});
    files.log.clear();
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder.path / name, std::ios::binary) << text;
  }
  std::optional<std::string> text(const std::string& name) const {
    std::ifstream file(folder.path / name, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  std::size_t names() const {
    return static_cast<std::size_t>(
        std::distance(fs::recursive_directory_iterator(folder.path), fs::recursive_directory_iterator()));
  }
  Folder folder;
  FaultyFiles files;
  Env env{Env::system().clock, Env::system().random, &files, nullptr};
  std::shared_ptr<Backend> mount;
  std::string got;
};

using Scenario = ScenarioOn<World>;

void whole(World& world, const char* name, const std::string& fresh, bool succeeded) {
  const std::optional<std::string> text = world.text(name);
  ASSERT_TRUE(text.has_value());
  EXPECT_TRUE(*text == kOld || *text == fresh) << name << " is torn: " << text->size() << " bytes";
  if (succeeded) {
    EXPECT_TRUE(*text == fresh);
  }
}

void absent_or_whole(World& world, const char* name, const std::string& fresh, bool succeeded) {
  const std::optional<std::string> text = world.text(name);
  if (text) {
    EXPECT_TRUE(*text == fresh) << name << " is torn: " << text->size() << " bytes";
  }
  if (succeeded) {
    EXPECT_TRUE(text.has_value());
  }
}

Task<void> overwrite(World& world) {
  Task<Entry> putting = world.mount->put("target", Bytes::copy_of(kNew), {});
  co_await putting;
}
void check_overwrite(World& world, bool succeeded) { whole(world, "target", kNew, succeeded); }

Task<void> put_fresh(World& world) {
  PutOptions options;
  options.when = When::if_absent();
  Task<Entry> putting = world.mount->put("new/deep/file", Bytes::copy_of(kNew), options);
  co_await putting;
}
void check_fresh(World& world, bool succeeded) { absent_or_whole(world, "new/deep/file", kNew, succeeded); }

Task<void> put_big(World& world) {
  Task<Entry> putting = world.mount->put("target", Bytes::copy_of(kBig), {});
  co_await putting;
}
void check_big(World& world, bool succeeded) { whole(world, "target", kBig, succeeded); }

Task<void> stream(World& world) {
  Writer writer(world.mount, "target", {}, &world.files);
  for (std::size_t at = 0; at < kBig.size(); at += 300'000) {
    Task<void> writing = writer.write(Bytes::copy_of(kBig.substr(at, 300'000)));
    co_await writing;
  }
  Task<Entry> committing = writer.commit();
  co_await committing;
}

/// Begun in memory, moved to a staged, changed in front of its end.
Task<void> change_anywhere(World& world) {
  EditBuffer buffer(&world.files, [&world] { return world.mount->stage("target", {}); });
  for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{600'000}, std::uint64_t{300'000}}) {
    Task<void> writing = buffer.write_at(at, Bytes::copy_of(kBig.substr(at, 600'000)));
    co_await writing;
  }
  Task<void> resizing = buffer.resize(kBig.size() + 5);
  co_await resizing;
  Task<void> cutting = buffer.resize(kBig.size());
  co_await cutting;
  Task<void> ending = buffer.write_at(1'000'000, Bytes::copy_of(kBig.substr(1'000'000)));
  co_await ending;
  const std::unique_ptr<StagedFile> staged = buffer.take_staged();
  Task<Entry> committing = staged->commit();
  co_await committing;
}

Task<void> copy(World& world) {
  Task<Entry> copying = world.mount->copy("source", "target", {});
  co_await copying;
}

Task<void> append(World& world) {
  Task<void> appending = world.mount->append("target", Bytes::copy_of(kNew));
  co_await appending;
}
void check_append(World& world, bool succeeded) {
  const std::optional<std::string> text = world.text("target");
  ASSERT_TRUE(text.has_value());
  EXPECT_TRUE(text->starts_with(kOld));
  if (succeeded) {
    EXPECT_TRUE(*text == kOld + kNew);
  }
  // In place: what was written before a crash stays; an error is rolled back unless that fails, too.
  if (!succeeded && !world.files.fault.for_ever) {
    EXPECT_TRUE(*text == kOld || *text == kOld + kNew) << text->size();
  }
}

Task<void> rename(World& world) {
  Task<void> renaming = world.mount->rename("source", "target");
  co_await renaming;
}
void check_rename(World& world, bool succeeded) {
  whole(world, "target", kNew, succeeded);
  EXPECT_TRUE(world.text("source").has_value() || world.text("target") == kNew) << "the content is nowhere";
}

Task<void> read(World& world) {
  Task<std::unique_ptr<Reader>> opening = world.mount->read("source", {});
  const std::unique_ptr<Reader> reader = co_await opening;
  Task<Bytes> reading = reader->read_all();
  const Bytes bytes = co_await reading;
  world.got = bytes.to_string();
}
void check_read(World& world, bool succeeded) {
  if (succeeded) {
    EXPECT_TRUE(world.got == kNew);
  }
}

Task<void> list(World& world) {
  Task<Page> listing = world.mount->list("", {});
  const Page page = co_await listing;
  for (const Entry& entry : page.entries) world.got += entry.path + " ";
}
void check_list(World& world, bool succeeded) {
  if (succeeded) {
    EXPECT_EQ(world.got.size(), std::string("dir source target ").size());
  }
}

Task<void> remove(World& world) {
  Task<void> removing = world.mount->remove("target");
  co_await removing;
}
void check_remove(World& world, bool succeeded) {
  const std::optional<std::string> text = world.text("target");
  if (text) {
    EXPECT_TRUE(*text == kOld);
  }
  if (succeeded) {
    EXPECT_FALSE(text.has_value());
  }
}

Task<void> make_dir(World& world) {
  Task<void> making = world.mount->make_dir("dir/sub");
  co_await making;
}
void check_dir(World& world, bool succeeded) {
  if (succeeded) {
    EXPECT_TRUE(fs::is_directory(world.folder.path / "dir/sub"));
  }
}

constexpr Scenario kScenarios[] = {
    {"overwrite", overwrite, check_overwrite},
    {"put_fresh", put_fresh, check_fresh},
    {"put_big", put_big, check_big},
    {"stream", stream, check_big},
    {"change_anywhere", change_anywhere, check_big},
    {"copy", copy, check_overwrite},
    {"append", append, check_append},
    {"rename", rename, check_rename},
    {"read", read, check_read},
    {"list", list, check_list},
    {"remove", remove, check_remove},
    {"make_dir", make_dir, check_dir},
};

/// Names that a scenario may leave: those before, plus what it makes.
constexpr std::size_t kNamesBefore = 4;
constexpr std::size_t kNamesMade = 3;  // new, new/deep, new/deep/file

void run_with_fault(const Scenario& scenario, Files& real, const FileFault& fault) {
  World world(real);
  world.files.fault = fault;
  const bool succeeded = scenario.act(world).result().ok();
  const std::string failed = fault.nth <= world.files.calls() ? world.files.log[fault.nth - 1] : "";
  scenario.check(world, succeeded);
  world.mount.reset();
  EXPECT_TRUE(world.files.open_descriptors().empty())
      << world.files.open_descriptors().size() << " descriptors are left open";
  if (fault.for_ever || failed == "unlink") return;  // cleaning up was impossible
  for (const auto& entry : fs::recursive_directory_iterator(world.folder.path)) {
    EXPECT_FALSE(entry.path().filename().string().ends_with(".tmp")) << entry.path() << " is left behind by " << failed;
  }
  EXPECT_LE(world.names(), kNamesBefore + kNamesMade);
}

class LocalFaults : public testing::TestWithParam<Scenario> {
 protected:
  void fail_every_call(Files& real, const char* form) const {
    const Scenario& scenario = GetParam();
    std::uint64_t calls = 0;
    {
      World world(real);
      EXPECT_TRUE(scenario.act(world).result().ok()) << form;
      scenario.check(world, true);
      calls = world.files.calls();
    }
    for (const auto& [kind, error] : {std::pair{FileFault::Kind::before, EIO},
                                      {FileFault::Kind::before, ENOSPC},
                                      {FileFault::Kind::before, EACCES},
                                      {FileFault::Kind::before, EINTR},
                                      {FileFault::Kind::after, EIO},
                                      {FileFault::Kind::partial, ENOSPC}}) {
      for (std::uint64_t nth = 1; nth <= calls + 1; ++nth) {
        for (const bool for_ever : {false, true}) {
          if (for_ever && error == EINTR) continue;  // a signal a call for ever is no fault of files
          if (HasFailure()) return;
          run_point(std::string(scenario.name) + " " + form + " errno " + std::to_string(error) + " kind " +
                        std::to_string(static_cast<int>(kind)) + " at call " + std::to_string(nth) +
                        (for_ever ? " and after" : ""),
                    [&, kind = kind, error = error] { run_with_fault(scenario, real, {nth, for_ever, kind, error}); });
        }
      }
    }
  }
};

TEST_P(LocalFaults, EverySystemCallMayFailAndTheRulesHold) { fail_every_call(system_files(), "system"); }

TEST_P(LocalFaults, TheSameHoldsForThePosixForm) {
  PosixFiles posix;
  fail_every_call(posix, "posix");
}

INSTANTIATE_TEST_SUITE_P(Local, LocalFaults, testing::ValuesIn(kScenarios),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace genro::storage::test
