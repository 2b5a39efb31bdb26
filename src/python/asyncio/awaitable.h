// The awaitable that a method returns inside a running event loop: lazy, awaited once, accepted wherever a coroutine is.
#pragma once

#include "python/asyncio/pending_operation.h"

namespace genro::storage::python {

/// Makes the awaitable; takes over the operation. `name` ("StorageNode.read_bytes") must be a literal. Null with an error set.
PyObject* make_awaitable(PendingOperation& operation, const char* name) noexcept;
/// An awaitable that raises the error that is set now when it is awaited.
PyObject* make_failed_awaitable(const char* name) noexcept;

/// Creates the type and adds it to the module. False with an error set.
bool add_awaitable(PyObject* module);

}  // namespace genro::storage::python
