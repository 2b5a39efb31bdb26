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
  return {new Metadata(std::move(metadata)), Owner{std::move(kept)}};
}

const Metadata* kept_with(const std::shared_ptr<const Metadata>& metadata) noexcept {
  const Owner* owner = std::get_deleter<Owner>(metadata);
  return owner ? &owner->kept : nullptr;
}

}  // namespace genro::storage
