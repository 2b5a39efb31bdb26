// Content of a file, streamed: opening it, its MD5, comparing two. Used by questions, conditional writes and transfers.
// Nothing here keeps more than two chunks in memory, whatever the size of the file.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "genro/storage/backend.h"
#include "genro/storage/node.h"
#include "node/mount.h"

namespace genro::storage {

/// Chunks for hashing and comparing: large enough to make the calls cheap, small enough to stay in the cache.
inline constexpr std::size_t kChunk = 256 * 1024;

/// A stream front to back, fetched ahead where the mount is behind a network. Errors of opening carry the mount's address.
Task<std::unique_ptr<Reader>> open_content(MountPointer mount, std::string path, ReadOptions options);
/// A reader's entry, with the metadata that the mount keeps: where a download does not say it, it is asked for.
Task<Entry> described(MountPointer mount, std::string path, Entry entry);
/// 32 lower-case hex digits.
Task<std::string> md5_of_content(MountPointer mount, std::string path);
Task<std::string> md5_of(Bytes content);
Task<bool> same_content(std::unique_ptr<Reader> a, std::unique_ptr<Reader> b);
/// Whether what the reader gives is exactly `data`.
Task<bool> holds(std::unique_ptr<Reader> reader, Bytes data);
/// Puts the body there: one put, or parallel parts where it is large and far. The caller has passed the guards (guard.h).
Task<Entry> store(MountPointer mount, std::string path, Body body, PutOptions options);
/// The media type that a store is to keep with what the node writes; "" where it keeps none, or nothing is known.
std::string stored_type(const Node& node);

}  // namespace genro::storage
