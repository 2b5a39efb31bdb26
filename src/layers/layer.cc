#include "layers/layer.h"

#include <array>

namespace genro::storage {

const OpTraits& traits(Op op) noexcept {
  static constexpr std::array<OpTraits, 18> kTraits{{
      {"stat", false, false, true},
      {"read", false, false, true},
      {"put", true, false, true},  // the same content again; conditional puts have a path of their own in retry.cc
      {"list", false, false, true},
      {"remove", false, true, true},
      {"remove_many", false, true, true},
      {"remove_tree", false, true, true},
      {"upload", true, false, true},  // a session nobody knows of is left to the server's own clearing
      {"stage", true, false, true},
      {"copy", true, false, true},
      {"rename", true, true, false},
      {"append", true, false, false},
      {"make_dir", true, false, false},
      {"versions", false, false, true},
      {"remove_version", false, true, true},
      {"set_metadata", true, false, true},
      {"url", false, false, true},
      {"cleanup", false, true, true},
  }};
  return kTraits[static_cast<std::size_t>(op)];
}

}  // namespace genro::storage
