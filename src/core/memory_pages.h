// prepare_memory: gets fresh memory from the system in a few large steps just before it is filled, where page faults one by
// one would cost as much as the filling. Used by reads of large contents into new blocks.
// Never call it for memory that was in use before: looking through pages that are there is wasted.
#pragma once

#include <cstddef>
#include <span>

namespace genro::storage {

/// `part`: what will be filled next; `block`: the whole of which it is a part, all of it ours and none of it in use yet or
/// ever to be read before it was written. Any thread; never fails: what cannot be prepared comes by page faults.
void prepare_memory(std::span<std::byte> part, std::span<std::byte> block) noexcept;

}  // namespace genro::storage
