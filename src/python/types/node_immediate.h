// Fast paths for memory mounts: they answer with the GIL held and without an operation, which would cost more than the
// look-up. Used by the methods of node_content.cc. Nothing here runs Python code, so no other thread can change the node
// meanwhile. Each returns null, with no error set, to fall back to the operation.
#pragma once

#include <optional>

#include "core/unix_seconds.h"
#include "node/encryption/encryption.h"
#include "node/mount.h"
#include "python/calls/convert.h"
#include "python/deferred.h"
#include "python/types/node_object.h"

namespace genro::storage::python {

enum class Cost : unsigned char { quick, content, slow };

template <auto A, auto B>
constexpr bool kSame = false;
template <auto A>
constexpr bool kSame<A, A> = true;

/// What one look answers, or nothing where the answer is an error.
template <auto Method>
auto answer_from(const StatLite& seen) {
  if constexpr (kSame<Method, &Node::exists>) {
    return std::optional(seen.there);
  } else if constexpr (kSame<Method, &Node::is_file>) {
    return std::optional(seen.there && seen.kind == EntryKind::file);
  } else if constexpr (kSame<Method, &Node::is_dir>) {
    return std::optional(seen.there && seen.kind == EntryKind::directory);
  } else if constexpr (kSame<Method, &Node::size>) {
    const bool sized = seen.there && seen.kind != EntryKind::directory;
    return sized ? std::optional(seen.size) : std::nullopt;
  } else {
    static_assert(kSame<Method, &Node::mtime>);
    const bool dated = seen.there && seen.mtime_ns != Entry::kNoTime;
    return dated ? std::optional(unix_seconds(seen.mtime_ns)) : std::nullopt;
  }
}

/// The answer to a question without arguments. Throws ErrorIsSet.
template <auto Method, Cost kCost>
PyObject* immediate_value(PyObject* self) {
  const Node& node = *node_of(self);
  if constexpr (kCost == Cost::slow) {
    return nullptr;
  } else if constexpr (kCost == Cost::content) {
    if (!reads_quickly(node)) return nullptr;
    std::optional<Bytes> content = node.try_read();
    return content ? checked(to_python(*std::move(content))).release() : nullptr;
  } else {
    if (!stays_in_memory(node)) return nullptr;
    const std::optional<StatLite> seen = node.try_stat();
    if (!seen) return nullptr;
    const auto answer = answer_from<Method>(*seen);
    return answer ? checked(to_python(*answer)).release() : nullptr;
  }
}

/// Whether a write would be encrypted.
inline bool would_encrypt(const Node& node, const std::optional<Encrypted>& encrypted) {
  return node.mount() && encrypts(*node.mount(), encrypted);
}

/// The usual write: bytes and nothing else said.
inline PyObject* write_immediate(PyObject* self, PyObject* data) {
  const Node& node = *node_of(self);
  if (!PyBytes_CheckExact(data) || !stays_in_memory(node) || would_encrypt(node, std::nullopt)) return nullptr;
  const GilHeld kept;  // the old content goes at once
  return node.try_write(lend_bytes(data)) ? Py_NewRef(Py_True) : nullptr;
}

}  // namespace genro::storage::python
