// The names of a node: properties and methods that are string work on its address, and the relatives made from it.
// Never I/O, never awaitable.
#include <string>
#include <utility>
#include <vector>

#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/exceptions.h"
#include "python/types/node_object.h"

namespace genro::storage::python {
namespace {

template <auto Member>
PyObject* text_property(PyObject* self, void*) {
  return guarded([&] { return name_to_python(((*node_of(self)).*Member)()); });
}

PyObject* get_path(PyObject* self, void*) {
  if (node_of(self)->detached()) Py_RETURN_NONE;
  return name_to_python(node_of(self)->path());
}

int set_node_mimetype(PyObject* self, PyObject* value, void*) {
  return guarded([&]() -> PyObject* {
    std::string type = value && value != Py_None ? name_from(value, "mimetype") : std::string();
    set_node(self, node_of(self)->with_mimetype(std::move(type)));
    return self;
  })
             ? 0
             : -1;
}

PyObject* get_parent(PyObject* self, void*) {
  return guarded([&] { return derive_node(self, node_of(self)->parent()).release(); });
}

PyObject* get_parts(PyObject* self, void*) {
  return guarded([&] {
    const std::vector<std::string> parts = node_of(self)->parts();
    Ref tuple = checked(PyTuple_New(static_cast<Py_ssize_t>(parts.size())));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), checked(name_to_python(parts[i])).release());
    }
    return tuple.release();
  });
}

PyObject* splitext(PyObject* self, PyObject*) {
  return guarded([&] {
    const auto [root, suffix] = node_of(self)->splitext();
    const Ref first = checked(name_to_python(root));
    const Ref second = checked(name_to_python(suffix));
    return PyTuple_Pack(2, first.get(), second.get());
  });
}

PyObject* child(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded([&] {
    std::string relative;
    for (Py_ssize_t i = 0; i < count; ++i) relative.append(i ? "/" : "").append(name_from(args[i], "a path part"));
    return derive_node(self, node_of(self)->child(relative)).release();
  });
}

}  // namespace

const std::vector<PyGetSetDef>& name_properties() {
  static const std::vector<PyGetSetDef> properties = {
      {"fullpath", text_property<&Node::fullpath>, nullptr, PyDoc_STR("The address, \"mount:path\"."), nullptr},
      {"path", get_path, nullptr, PyDoc_STR("The path inside the mount; \"\" is its root."), nullptr},
      {"basename", text_property<&Node::basename>, nullptr, PyDoc_STR("The last component of the path."), nullptr},
      {"name", text_property<&Node::basename>, nullptr, PyDoc_STR("The last component of the path: the basename."),
       nullptr},
      {"parts", get_parts, nullptr, PyDoc_STR("The components of the path, as a tuple."), nullptr},
      {"stem", text_property<&Node::stem>, nullptr, PyDoc_STR("The basename without its suffix."), nullptr},
      {"suffix", text_property<&Node::suffix>, nullptr, PyDoc_STR("The suffix with its dot, or \"\"."), nullptr},
      {"ext", text_property<&Node::ext>, nullptr, PyDoc_STR("The suffix without its dot."), nullptr},
      {"dirname", text_property<&Node::dirname>, nullptr, PyDoc_STR("The address of the parent."), nullptr},
      {"parent", get_parent, nullptr, PyDoc_STR("The folder above; the root's parent is the root."), nullptr},
      {"mimetype", text_property<&Node::mimetype>, set_node_mimetype,
       PyDoc_STR("The media type by the suffix; may be set for this node, None takes that back."), nullptr},
      {"version", text_property<&Node::version>, nullptr,
       PyDoc_STR("What a snapshot's version was chosen by, as text: an id, an index, a date; else \"\"."), nullptr}};
  return properties;
}

const std::vector<PyMethodDef>& name_methods() {
  static const std::vector<PyMethodDef> methods = {
      {"splitext", splitext, METH_NOARGS,
       PyDoc_STR("splitext($self, /)\n--\n\nThe path without its suffix, and the suffix.")},
      {"joinpath", as_method(&child), METH_FASTCALL,
       PyDoc_STR("joinpath($self, /, *parts)\n--\n\nThe same as child().")},
      {"child", as_method(&child), METH_FASTCALL,
       PyDoc_STR("child($self, /, *parts)\n--\n\nThe node below this one; the parts are joined with '/'.")}};
  return methods;
}

}  // namespace genro::storage::python
