// The options of copy_to from Python, with its callbacks made callable by the engine on any thread.
// What a callback raises ends the copy and comes out of it as the same exception.
#pragma once

#include "genro/storage/node.h"
#include "python/ref.h"

namespace genro::storage::python {

/// As given by the caller, borrowed; null or None = not given.
struct CopyArguments {
  PyObject* include;
  PyObject* exclude;
  PyObject* filter;
  PyObject* skip;
  PyObject* skip_fn;
  PyObject* progress;
  PyObject* on_file;
  PyObject* on_skip;
  PyObject* glob;
  PyObject* on_error;
};

/// Throws ErrorIsSet. Callbacks get nodes derived from `self`. What nobody asked to be told of is logged.
CopyOptions copy_options(PyObject* self, const CopyArguments& arguments);
MoveOptions move_options(PyObject* self, PyObject* on_error);

}  // namespace genro::storage::python
