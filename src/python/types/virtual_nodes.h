// Virtual nodes and other forms of a content, as methods: iternode and diffnode of the manager; append, extend, zip, zip_to,
// to_base64 and fill_from_url of the node. Used by the two types' method tables.
#pragma once

#include <string>
#include <vector>

#include "genro/storage/task.h"
#include "python/ref.h"
#include "python/types/node_object.h"

namespace genro::storage::python {

const std::vector<PyMethodDef>& virtual_methods();

PyObject* manager_iternode(PyObject* self, PyObject* const* args, Py_ssize_t count) noexcept;
PyObject* manager_diffnode(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) noexcept;

/// append(node), and append() of what is no file: direct in every world.
PyObject* append_source(PyObject* self, PyObject* source) noexcept;
/// What a node's text is made from, and the text. Each source of a virtual node is decoded by itself.
Task<Bytes> text_source(NodePointer node, std::string encoding);
PyObject* text_from(const Node& node, const Bytes& source, const std::string& encoding);

}  // namespace genro::storage::python
