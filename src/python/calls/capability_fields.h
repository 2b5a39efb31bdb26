// The fields of BackendCapabilities beside those of Capabilities. Used where one is made from the other.
#pragma once

#include <utility>

#include "genro/storage/capabilities.h"

namespace genro::storage::python {

inline constexpr std::pair<const char*, bool Capabilities::*> kCapabilityFields[] = {
    {"read", &Capabilities::read},
    {"write", &Capabilities::write},
    {"delete", &Capabilities::remove},
    {"mkdir", &Capabilities::mkdir},
    {"list_dir", &Capabilities::list_dir},
    {"versioning", &Capabilities::versioning},
    {"version_listing", &Capabilities::version_listing},
    {"version_access", &Capabilities::version_access},
    {"metadata", &Capabilities::metadata},
    {"presigned_urls", &Capabilities::presigned_urls},
    {"public_urls", &Capabilities::public_urls},
    {"atomic_operations", &Capabilities::atomic_operations},
    {"symbolic_links", &Capabilities::symbolic_links},
    {"copy_optimization", &Capabilities::copy_optimization},
    {"hash_on_metadata", &Capabilities::hash_on_metadata},
    {"append_mode", &Capabilities::append_mode},
    {"seek_support", &Capabilities::seek_support},
    {"readonly", &Capabilities::readonly},
    {"temporary", &Capabilities::temporary},
};

}  // namespace genro::storage::python
