// How two locations lie to each other when mounts, links, or spellings that a file system takes for one name show one folder
// under different names.
#pragma once

#include "node/location.h"

namespace genro::storage {

enum class Overlap : unsigned char { apart, same, target_inside, source_inside };
/// May block.
Overlap overlap_of(const Location& source, const Location& target);
/// Whether two locations of one folder are spelled alike but for capitals.
bool differ_in_case(const Location& a, const Location& b);
/// Whether both are names of one file of this machine: hard links, too. May block.
bool is_one_file(const Location& source, const Location& target);

}  // namespace genro::storage
