// Backends in shared objects of their own: what is loaded serves mounts, and what cannot be loaded says why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "backends/loadable.h"
#include "backends/protocols.h"
#include "backends/shared_object.h"
#include "core/env.h"
#include "genro/storage/manager.h"

namespace genro::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string backend(const std::string& name) { return std::string(BACKENDS) + "/" + name + ".so"; }

Error refused(const std::string& file) {
  try {
    StorageManager::load_backend(file);
  } catch (const Error& error) {
    EXPECT_EQ(error.operation(), "load_backend");
    EXPECT_EQ(error.where(), file);
    return error;
  }
  ADD_FAILURE() << file << " was loaded";
  return Error(ErrorCode::internal, "");
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "loading-XXXXXX").string();
    if (mkdtemp(name.data())) path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

TEST(LoadBackend, names_the_library_that_is_missing) {
  const Error error = refused(backend("needs_absent"));
  EXPECT_EQ(error.code(), ErrorCode::missing_library);
  EXPECT_THAT(error.message(), HasSubstr("needs libgenro_absent.so.7, which this machine does not have: install"));
}

TEST(LoadBackend, refuses_what_was_built_for_another_version) {
  const Error layouts = refused(backend("other_version"));
  EXPECT_EQ(layouts.code(), ErrorCode::config);
  EXPECT_THAT(layouts.message(),
              StartsWith("was built for genro-storage 0.1.0 (headers 000000000000), libstdc++; this is 0."));
  const Error functions = refused(backend("other_engine"));
  EXPECT_EQ(functions.code(), ErrorCode::config);
  EXPECT_THAT(functions.message(), StartsWith("was built for another version of genro-storage"));
}

TEST(LoadBackend, refuses_what_is_no_backend) {
  EXPECT_THAT(refused(backend("no_backend")).message(), HasSubstr("it has no function genro_storage_backend"));
  const Folder folder;
  const std::string text = folder.path + "/text.so";
  std::ofstream(text) << "not ELF";
  EXPECT_THAT(refused(text).message(), StartsWith("cannot be loaded: "));
  EXPECT_EQ(refused(folder.path + "/nothing.so").code(), ErrorCode::not_found);
}

TEST(LoadBackend, does_not_replace_a_protocol_that_there_is) {
  const Error error = refused(backend("taken_name"));
  EXPECT_EQ(error.code(), ErrorCode::config);
  EXPECT_THAT(error.message(), HasSubstr("the protocol 'memory', which there is already"));
  StorageManager storage;
  storage.configure({{{"name", "m"}, {"protocol", "memory"}}});
  EXPECT_TRUE(storage.node("m:").is_dir().get());
}

TEST(LoadBackend, adds_a_protocol_once_for_all_managers) {
  if (!std::filesystem::exists(backend("sqlite_backend"))) GTEST_SKIP() << "no SQLite to build it with";
  const Folder folder;
  const std::string other_name = folder.path + "/link.so";
  std::filesystem::create_symlink(backend("sqlite_backend"), other_name);
  EXPECT_EQ(StorageManager::load_backend(backend("sqlite_backend")), "sqlite");
  EXPECT_EQ(StorageManager::load_backend(other_name), "sqlite");
  StorageManager storage;
  storage.configure({{{"name", "rows"}, {"protocol", "sqlite"}, {"database", folder.path + "/rows"}}});
  storage.node("rows:a/b.txt").write_text("text").get();
  EXPECT_EQ(storage.node("rows:a/b.txt").read_text().get(), "text");
  std::size_t listed = 0;
  for (const Protocol* protocol : all_protocols()) listed += protocol->name == "sqlite" ? 1 : 0;
  EXPECT_EQ(listed, 1U);
}

/// A protocol as the table has it for a shared object of the package.
Error refused_of_package(std::string_view name, const std::string& folder) {
  setenv("GENRO_STORAGE_BACKENDS", folder.c_str(), 1);
  const Protocol protocol{
      .name = name, .summary = "", .options = {}, .make = nullptr, .fsspec = {}, .package = "libabsent7"};
  const MountOptions options("files", std::string(name), {});
  try {
    make_backend(protocol, {options, Env::system()});
  } catch (const Error& error) {
    unsetenv("GENRO_STORAGE_BACKENDS");
    return error;
  }
  ADD_FAILURE() << name << " was made";
  return Error(ErrorCode::internal, "");
}

TEST(LoadablesOfThePackage, name_what_to_install) {
  const Folder folder;
  std::filesystem::create_symlink(backend("needs_absent"), folder.path + "/genro_absent.so");
  const Error error = refused_of_package("absent", folder.path);
  EXPECT_EQ(error.code(), ErrorCode::missing_library);
  EXPECT_EQ(
      error.message(),
      "mount 'files': protocol 'absent' needs libgenro_absent.so.7, which this machine does not have: install the "
      "package libabsent7 (its name on Debian and Ubuntu)");
}

TEST(LoadablesOfThePackage, say_when_the_package_was_built_without_them) {
  const Folder folder;
  const Error error = refused_of_package("absent", folder.path);
  EXPECT_EQ(error.code(), ErrorCode::missing_library);
  EXPECT_THAT(error.message(), HasSubstr("needs genro_absent.so, which this library was built without"));
  EXPECT_THAT(error.message(), HasSubstr("libabsent7"));
}

TEST(MissingLibrary, is_read_from_the_reports_of_both_linkers) {
  EXPECT_EQ(missing_library("libssh.so.4: cannot open shared object file: No such file or directory", "/b/x.so"),
            "libssh.so.4");
  EXPECT_EQ(missing_library("Error loading shared library libssh.so.4: No such file or directory (needed by /b/x.so)",
                            "/b/x.so"),
            "libssh.so.4");
  EXPECT_EQ(missing_library("/b/x.so: cannot open shared object file: Permission denied", "/b/x.so"), "");
  EXPECT_EQ(missing_library("/b/x.so: undefined symbol: _ZN5genro7storage3fooEv", "/b/x.so"), "");
}

}  // namespace
}  // namespace genro::storage
