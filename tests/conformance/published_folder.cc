#include "conformance/published_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <map>
#include <mutex>
#include <utility>

#include "backends/local/local.h"
#include "core/env.h"

namespace genro::storage::conformance {
namespace {

class PublishedFolder final : public LeafBackend {
 public:
  PublishedFolder(std::shared_ptr<Backend> server, std::string folder)
      : server_(std::move(server)), folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    local_ =
        make_local({MountOptions("published", "local", {{"base_path", folder_}, {"durable", false}}), Env::system()});
    caps_ = server_->caps();
    caps_.write = caps_.remove = caps_.atomic = true;
  }
  ~PublishedFolder() override { std::filesystem::remove_all(folder_); }

  const Caps& caps() const noexcept override { return caps_; }
  std::string_view protocol() const noexcept override { return server_->protocol(); }
  Task<std::optional<Entry>> stat(std::string path) override { return server_->stat(std::move(path)); }
  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override {
    return server_->read(std::move(path), std::move(options));
  }
  Task<Page> list(std::string path, ListOptions options) override {
    return server_->list(std::move(path), std::move(options));
  }
  Task<std::optional<std::string>> url(std::string path, UrlOptions options) override {
    return server_->url(std::move(path), std::move(options));
  }
  Task<Entry> put(std::string path, Body body, PutOptions options) override {
    Task<Entry> writing = local_->put(path, std::move(body), std::move(options));
    const Entry written = co_await writing;
    set_own_time(path);
    Task<std::optional<Entry>> asking = server_->stat(path);
    std::optional<Entry> seen = co_await asking;
    if (!seen) throw Error(ErrorCode::internal, "write", path, "the server does not show what lies in its folder");
    co_return std::move(*seen);
  }
  Task<void> remove(std::string path) override { return local_->remove(std::move(path)); }

 private:
  /// Servers tell contents apart by whole seconds and sizes: each content of a path has a second of its own.
  void set_own_time(const std::string& path) {
    const std::lock_guard lock(mutex_);
    std::time_t& last = seconds_[path];
    last = std::max(last + 1, std::time(nullptr));
    const timespec time{last, 0};
    const timespec times[2] = {time, time};
    utimensat(AT_FDCWD, (folder_ + "/" + path).c_str(), times, 0);
  }

  std::shared_ptr<Backend> server_;
  std::string folder_;
  std::shared_ptr<Backend> local_;
  Caps caps_;
  std::mutex mutex_;  // guards seconds_
  std::map<std::string, std::time_t> seconds_;
};

}  // namespace

std::shared_ptr<Backend> publish(std::shared_ptr<Backend> server, std::string folder) {
  return std::make_shared<PublishedFolder>(std::move(server), std::move(folder));
}

}  // namespace genro::storage::conformance
