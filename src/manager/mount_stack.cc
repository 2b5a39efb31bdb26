#include "manager/mount_stack.h"

#include "layers/layer.h"
#include "layers/permission.h"
#include "layers/prefix.h"

namespace genro::storage {

std::optional<OuterLayer> outer_layer(const Mount& mount) {
  const auto* layer = dynamic_cast<const LayerBase*>(mount.backend.get());
  if (!layer || mount.backend == mount.base_backend) return std::nullopt;
  OuterLayer result{own_permission(*layer), own_prefix(*layer), nullptr};
  if (!result.permission && !result.folder) return std::nullopt;
  auto below = std::make_shared<Mount>(mount);
  below->backend = layer->inner_pointer();
  below->permission = effective_permission(*below->backend);
  // The levels are gone from the summary of the whole chain; those of the base backend are what it was made from.
  below->capabilities = capabilities_of(mount.caps, below->permission);
  if (result.folder && !result.folder->empty()) {
    const std::size_t kept = mount.prefix.size() - result.folder->size();
    below->prefix = mount.prefix.substr(0, kept == 0 ? 0 : kept - 1);
  }
  result.below = std::move(below);
  return result;
}

}  // namespace genro::storage
