// What tests of the local backend share: an empty folder of their own, a mount of it, and ways to look at it from outside.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "backends/protocols.h"
#include "core/env.h"
#include "unit/both_drivers.h"

namespace genro::storage::test {

namespace fs = std::filesystem;

class LocalFixture : public BothDrivers {
 protected:
  void SetUp() override {
    top_ = (fs::temp_directory_path() / "local-XXXXXX").string();
    ASSERT_NE(mkdtemp(top_.data()), nullptr);
    top_ = fs::canonical(top_).string();
    base_ = top_ + "/base";
    fs::create_directory(base_);
    std::ofstream(top_ + "/secret") << "secret";
    backend_ = mount({{"base_path", base_}, {"durable", false}});
  }
  void TearDown() override { fs::remove_all(top_); }

  static std::shared_ptr<Backend> mount(ConfigMap config, Env& env = Env::system()) {
    return find_protocol("local")->make(
        {MountOptions("home", "local", std::move(config), find_protocol("local")->options), env});
  }
  Backend& backend() { return *backend_; }
  Entry put(const std::string& path, std::string_view content, PutOptions options = {}) {
    return run(backend().put(path, Body(Bytes::copy_of(content)), std::move(options)));
  }
  std::string get(const std::string& path) {
    const std::unique_ptr<Reader> reader = run(backend().read(path, {}));
    return run(reader->read_all()).to_string();
  }
  std::optional<Entry> stat(const std::string& path) { return run(backend().stat(path)); }
  std::string outside(const std::string& path) const {
    std::ostringstream text;
    text << std::ifstream(base_ + "/" + path, std::ios::binary).rdbuf();
    return text.str();
  }
  mode_t mode(const std::string& path) const {
    struct stat status{};
    EXPECT_EQ(::stat((base_ + "/" + path).c_str(), &status), 0);
    return status.st_mode & 07777;
  }
  /// Everything that is really there, also what listings hide.
  std::vector<std::string> really_in(const std::string& folder) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(base_ + "/" + folder))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::vector<std::string> listed(const std::string& folder) {
    std::vector<std::string> names;
    for (const Entry& entry : run(backend().list(folder, {})).entries) names.push_back(entry.path);
    std::sort(names.begin(), names.end());
    return names;
  }
  std::optional<ErrorCode> put_failure(const std::string& path, std::string_view content = "x") {
    return failure(backend().put(path, Body(Bytes::copy_of(content)), {}));
  }

  std::string top_;  // the mount's folder is base/ in it, beside a file named secret
  std::string base_;
  std::shared_ptr<Backend> backend_;
};

}  // namespace genro::storage::test
