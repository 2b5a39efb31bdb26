#include "layers/permission.h"

#include <algorithm>
#include <string>

#include "layers/layer.h"

namespace genro::storage {
namespace {

Caps allowed(Caps caps, Permission level) {
  if (level < Permission::remove) {
    caps.remove = false;
    caps.remove_tree = false;
    caps.rename = false;
  }
  if (level < Permission::readwrite) {
    caps.write = false;
    caps.make_dir = false;
    caps.conditional_put = false;
    caps.checked_put = false;
    caps.upload = false;
    caps.stage = false;
    caps.copy = false;
    caps.append = false;
  }
  return caps;
}

Error write_refusal(Permission level, std::string_view operation, std::string_view path) {
  return Error(ErrorCode::mount_permission, std::string(operation), std::string(path),
               "the mount is read-only (permissions: " + std::string(to_string(level)) + ")");
}

Error remove_refusal(Permission level, std::string_view operation, std::string_view path) {
  return Error(ErrorCode::mount_permission, std::string(operation), std::string(path),
               "the mount does not have delete permission (permissions: " + std::string(to_string(level)) + ")");
}

class PermissionLayer final : public Layer<PermissionLayer>, private ImmediateIo {
 public:
  PermissionLayer(std::shared_ptr<Backend> inner, Permission level)
      : Layer(inner, allowed(inner->caps(), level)), level_(level) {}
  Permission level() const noexcept { return level_; }

  Task<std::optional<std::string>> url(std::string path, UrlOptions options) override {
    // A signed PUT would write past this layer.
    if (options.method != "GET" && options.method != "HEAD" && level_ < Permission::readwrite) {
      return refuse<std::optional<std::string>>(write_refusal(level_, "url", path));
    }
    return inner_->url(std::move(path), std::move(options));
  }
  /// Whoever may do anything may read.
  ImmediateIo* immediate() noexcept override {
    ImmediateIo* const inner = inner_->immediate();
    return inner && level_ < Permission::readwrite ? this : inner;
  }
  // Their users have passed the guards of the mount, and ask the store itself.
  BulkTransfer* bulk() noexcept override { return nullptr; }
  ServerCopy* server_copy() noexcept override { return nullptr; }
  const KeyRule* key_rule() const noexcept override { return inner_->key_rule(); }

 private:
  friend Layer;
  std::optional<StatLite> try_stat(const std::string& path, bool may_block) override {
    return inner_->immediate()->try_stat(path, may_block);
  }
  std::optional<Bytes> try_read(const std::string& path, bool may_block) override {
    return inner_->immediate()->try_read(path, may_block);
  }
  bool try_put(const std::string&, const Bytes&, bool) override { return false; }
  template <class AnyCall>
  typename AnyCall::TaskType around(AnyCall call) {
    const OpTraits& facts = traits(call.op);
    if (facts.removes && level_ < Permission::remove) {
      return refuse<AnswerOf<typename AnyCall::TaskType>>(remove_refusal(level_, facts.name, place(call.arguments)));
    }
    if (facts.writes && level_ < Permission::readwrite) {
      return refuse<AnswerOf<typename AnyCall::TaskType>>(write_refusal(level_, facts.name, place(call.arguments)));
    }
    return call.once();
  }
  template <class Arguments>
  static std::string_view place(const Arguments& arguments) {
    if constexpr (std::is_same_v<std::tuple_element_t<0, Arguments>, std::string>) {
      return std::get<0>(arguments);
    } else {
      return std::get<0>(arguments).empty() ? std::string_view() : std::string_view(std::get<0>(arguments).front());
    }
  }

  Permission level_;
};

}  // namespace

std::optional<Permission> permission_from(std::string_view text) noexcept {
  if (text == "readonly") return Permission::readonly;
  if (text == "readwrite") return Permission::readwrite;
  if (text == "delete") return Permission::remove;
  return std::nullopt;
}

std::string_view to_string(Permission level) noexcept {
  if (level == Permission::readonly) return "readonly";
  return level == Permission::readwrite ? "readwrite" : "delete";
}

std::shared_ptr<Backend> with_permission(std::shared_ptr<Backend> inner, Permission level) {
  return std::make_shared<PermissionLayer>(std::move(inner), level);
}

std::optional<Permission> own_permission(const Backend& backend) noexcept {
  const auto* layer = dynamic_cast<const PermissionLayer*>(&backend);
  return layer ? std::optional(layer->level()) : std::nullopt;
}

Permission effective_permission(const Backend& backend) noexcept {
  Permission level = Permission::remove;
  const Backend* here = &backend;
  while (const auto* layer = dynamic_cast<const LayerBase*>(here)) {
    if (const auto* permission = dynamic_cast<const PermissionLayer*>(layer))
      level = std::min(level, permission->level());
    here = &layer->inner();
  }
  return level;
}

void require_write(const Backend& backend, std::string_view operation, std::string_view path) {
  require_write(effective_permission(backend), operation, path);
}

void require_remove(const Backend& backend, std::string_view operation, std::string_view path) {
  require_remove(effective_permission(backend), operation, path);
}

void require_write(Permission level, std::string_view operation, std::string_view path) {
  if (level < Permission::readwrite) throw write_refusal(level, operation, path);
}

void require_remove(Permission level, std::string_view operation, std::string_view path) {
  if (level < Permission::remove) throw remove_refusal(level, operation, path);
}

}  // namespace genro::storage
