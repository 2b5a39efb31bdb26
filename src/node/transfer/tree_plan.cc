#include "node/transfer/tree_plan.h"

#include <utility>

#include "core/path.h"

namespace genro::storage {
namespace {

bool listens(const CopyOptions& options) {
  return options.progress || options.on_file || options.on_skip || options.filter || options.skip == Skip::custom;
}

}  // namespace

TreePlan::TreePlan(std::shared_ptr<const ManagerState> source_manager,
                   std::shared_ptr<const ManagerState> target_manager, Location from, Location to, CopyOptions how,
                   bool track)
    : source(std::move(from)),
      target(std::move(to)),
      options(std::move(how)),
      filter(options),
      track_copied(track),
      ordered(listens(options)),
      both_local(!source.mount->caps.remote && !target.mount->caps.remote),
      bulk(bulk_between(*source.mount, *target.mount)),
      source_bulk(bulk ? source.mount->base_backend->bulk() : nullptr),
      target_folders(target.mount->base_backend->bulk()),
      target_keys(target.mount->base_backend->key_rule()),
      names_only_if_new(source_bulk && !track_copied && !ordered),
      names_only(names_only_if_new && (options.skip == Skip::never || options.skip == Skip::exists)),
      source_manager_(std::move(source_manager)),
      target_manager_(std::move(target_manager)) {}

Node TreePlan::source_node(const std::string& relative) const {
  return Node(source_manager_, source.mount, path::join(source.path, relative));
}
Node TreePlan::target_node(const std::string& relative) const {
  return Node(target_manager_, target.mount, path::join(target.path, relative));
}
Location TreePlan::from(std::string_view relative) const { return {source.mount, path::join(source.path, relative)}; }
Location TreePlan::to(std::string_view relative) const { return {target.mount, path::join(target.path, relative)}; }

void TreePlan::report_error(const std::string& relative, std::exception_ptr error) {
  if (!options.on_error) return;
  const std::lock_guard lock(reporting_);
  options.on_error(source_node(relative), std::move(error));
}

}  // namespace genro::storage
