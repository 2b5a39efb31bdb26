#include "backend/kept.h"

#include <utility>

namespace genro::storage {
namespace {

/// The deleter of the metadata, which a shared pointer stores beside it.
struct Owner {
  Metadata kept;
  void operator()(const Metadata* metadata) const noexcept { delete metadata; }
};

}  // namespace

std::shared_ptr<const Metadata> with_kept(Metadata metadata, Metadata kept) {
  if (kept.empty()) return std::make_shared<const Metadata>(std::move(metadata));
  return {new Metadata(std::move(metadata)), Owner{std::move(kept)}};
}

const Metadata* kept_with(const std::shared_ptr<const Metadata>& metadata) noexcept {
  const Owner* owner = std::get_deleter<Owner>(metadata);
  return owner ? &owner->kept : nullptr;
}

PutOptions copied_options(PutOptions options, const Entry& source) {
  if (options.content_type.empty()) options.content_type = source.content_type;
  if (!options.metadata) {
    options.metadata = source.metadata;
  } else if (const Metadata* kept = kept_with(source.metadata)) {
    options.metadata = with_kept(*options.metadata, *kept);
  }
  return options;
}

}  // namespace genro::storage
