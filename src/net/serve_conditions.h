// Conditional requests (RFC 9110 section 13): the validators of a file, and what the request's conditions say of them.
// Used by Node::serve. Pure functions. Sloppy tags (without quotes) are understood; a tag of ours is always quoted.
#pragma once

#include <cstdint>
#include <string>

#include "genro/storage/entry.h"
#include "genro/storage/serve.h"

namespace genro::storage {

struct Validators {
  std::string etag;  ///< What stands between the quotes; "" = none.
  std::int64_t mtime_ns = Entry::kNoTime;
};

/// The tag is "<mtime>-<size>", the time in seconds as Python's repr() of a float writes it. `coarse`: the backend counts whole
/// seconds; its own tag is added then, or a second file of that second would have the first one's.
Validators validators_of(const Entry& entry, bool coarse);

enum class Verdict : unsigned char { proceed, not_modified, failed };
/// For GET and HEAD, in the order of section 13.2.2.
Verdict evaluate_conditions(const ServeRequest& request, const Validators& validators);
/// Whether a Range field may be heeded (If-Range). A date counts only for a file that has not changed for two seconds.
bool range_still_valid(const ServeRequest& request, const Validators& validators, std::int64_t now_ns);

}  // namespace genro::storage
