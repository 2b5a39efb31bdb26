// The table of protocols: the only place that knows every backend. Used by the manager. A new backend is one line in protocols.cc.
#pragma once

#include <string_view>
#include <vector>

#include "genro/storage/protocol.h"

namespace genro::storage {

/// In the order that messages list them: the table, then what was loaded.
std::vector<const Protocol*> all_protocols();
const Protocol* find_protocol(std::string_view name);
/// Whether mounts may have it: false for one of which this version has the options, but not the backend.
bool is_available(const Protocol& protocol) noexcept;

}  // namespace genro::storage
