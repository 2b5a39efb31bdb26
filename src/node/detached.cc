#include <utility>

#include "core/mutex.h"
#include "genro/storage/error.h"
#include "genro/storage/node.h"
#include "node/mount.h"

namespace genro::storage {
namespace {

Error detached(std::string_view operation) {
  return Error(ErrorCode::invalid_argument, std::string(operation),
               "None:", "the node belongs to no mount: there is no storage behind it");
}

/// Claims everything, so that no check in front of it gives a misleading reason.
class DetachedBackend final : public LeafBackend {
 public:
  const Caps& caps() const noexcept override { return caps_; }
  std::string_view protocol() const noexcept override { return "none"; }
  Task<std::optional<Entry>> stat(std::string) override {
    throw detached("stat");
    co_return std::nullopt;
  }
  Task<std::unique_ptr<Reader>> read(std::string, ReadOptions) override {
    throw detached("read");
    co_return nullptr;
  }
  Task<Entry> put(std::string, Body, PutOptions) override {
    throw detached("write");
    co_return Entry();
  }
  Task<Page> list(std::string, ListOptions) override {
    throw detached("list");
    co_return Page();
  }
  Task<void> remove(std::string) override {
    throw detached("delete");
    co_return;
  }
  Task<void> append(std::string, Body) override {
    throw detached("append");
    co_return;
  }
  Task<void> make_dir(std::string) override {
    throw detached("mkdir");
    co_return;
  }

 private:
  static Caps everything() {
    Caps caps;
    caps.read = caps.write = caps.remove = caps.make_dir = caps.list = caps.append = caps.seek =
        caps.content_addressed = true;
    return caps;
  }
  Caps caps_ = everything();
};

std::shared_ptr<Mount> make_mount() {
  static constinit Lasting<std::shared_ptr<DetachedBackend>> lasting;
  const auto& backend = lasting.get([] { return new auto(std::make_shared<DetachedBackend>()); });
  auto made = std::make_shared<Mount>();
  made->name = "None";
  made->protocol = "none";
  made->backend = made->base_backend = backend;
  made->caps = backend->caps();
  made->capabilities = capabilities_of(made->caps, Permission::remove);
  return made;
}

}  // namespace

const MountPointer& detached_mount() {
  static constinit Lasting<MountPointer> mount;
  return mount.get([] { return new MountPointer(make_mount()); });
}

const MountPointer& mount_of(const Node& node) noexcept { return node.mount() ? node.mount() : detached_mount(); }

MountPointer virtual_mount(std::shared_ptr<VirtualContent> content) {
  std::shared_ptr<Mount> made = make_mount();
  made->content = std::move(content);
  return made;
}

}  // namespace genro::storage
