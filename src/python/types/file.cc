#include "python/types/file.h"

#include <memory>

#include "python/asyncio/dual.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/calls/given_content.h"
#include "python/types/node_object.h"

namespace genro::storage::python {
namespace {

using FilePointer = std::shared_ptr<File>;

struct FileObject {
  PyObject_HEAD FilePointer file;
  Ref node;  // until it is closed; mostly null
  bool awaits;
};
PyTypeObject* file_type = nullptr;

const FilePointer& of(PyObject* self) { return reinterpret_cast<FileObject*>(self)->file; }
CallMode mode_of(PyObject* self) {
  return reinterpret_cast<FileObject*>(self)->awaits ? CallMode::async : CallMode::sync;
}

void file_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  reinterpret_cast<FileObject*>(self)->file.~shared_ptr();
  reinterpret_cast<FileObject*>(self)->node.~Ref();
  type->tp_free(self);
  Py_DECREF(type);
}

/// An operation on the file given by what it does and how its value looks.
template <class Work, class Show>
struct FileWork {
  FilePointer file;
  Work work;
  Show show;
  auto task() { return work(*file); }
  template <class... T>
  PyObject* value(T... result) {
    return show(std::move(result)...);
  }
  bool quick() const { return false; }
};

template <class Work, class Show>
PyObject* run(PyObject* self, const char* name, Work work, Show show) {
  return dual(name, [&] { return FileWork<Work, Show>{of(self), std::move(work), std::move(show)}; }, mode_of(self));
}

PyObject* number(std::uint64_t value) { return to_python(value); }
PyObject* none() { return Py_NewRef(Py_None); }

long long integer(PyObject* argument) {
  const long long value = PyLong_AsLongLong(argument);
  if (value == -1 && PyErr_Occurred()) throw ErrorIsSet();
  return value;
}

PyObject* read(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    static const Signature<1> signature("read", 0, 1, {"size"});
    const auto [size] = signature.bind(args, count, keywords);
    const long long wanted = size && size != Py_None ? integer(size) : -1;
    const auto show = [](Bytes bytes) { return to_python(std::move(bytes)); };
    if (wanted < 0) return run(self, "File.read", [](File& file) { return file.read_all(); }, show);
    return run(self, "File.read", [wanted](File& file) { return file.read(static_cast<std::uint64_t>(wanted)); }, show);
  });
}

/// A writable buffer, exported until the operation has let go of it.
struct Export {
  explicit Export(PyObject* object) {
    if (PyObject_GetBuffer(object, &view, PyBUF_WRITABLE) != 0) throw ErrorIsSet();
  }
  Export(const Export&) = delete;
  Export& operator=(const Export&) = delete;
  ~Export() { PyBuffer_Release(&view); }
  Py_buffer view{};
};

PyObject* readinto(PyObject* self, PyObject* buffer) {
  return guarded([&] {
    const auto exported = std::make_shared<Export>(buffer);  // dropped with the operation, so with the GIL
    return run(
        self, "File.readinto",
        [exported](File& file) {
          return file.read_into(
              {static_cast<std::byte*>(exported->view.buf), static_cast<std::size_t>(exported->view.len)});
        },
        [](std::size_t filled) { return PyLong_FromSize_t(filled); });
  });
}

Task<void> write_made(File& file, Task<Bytes> making) {
  Bytes bytes = co_await making;
  Task<void> writing = file.write(std::move(bytes));
  co_await writing;
}

PyObject* write(PyObject* self, PyObject* data) {
  return guarded([&] {
    const bool is_text = mode_of(self) == CallMode::async && PyUnicode_Check(data);
    const auto content =
        std::make_shared<GivenContent>(is_text ? GivenContent::of_text(data, "utf-8") : GivenContent::of_buffer(data));
    const std::size_t size = content->size();
    return run(
        self, "File.write",
        [content](File& file) {
          return content->ready() ? file.write(content->take()) : write_made(file, content->make());
        },
        [size] { return PyLong_FromSize_t(size); });
  });
}

PyObject* seek(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded([&] {
    static const Signature<2> signature("seek", 1, 2, {"offset", "whence"});
    const auto [offset, whence] = signature.bind(args, count, keywords);
    const long long distance = integer(offset);
    const int from = whence ? static_cast<int>(integer(whence)) : 0;
    return run(self, "File.seek", [distance, from](File& file) { return file.seek(distance, from); }, &number);
  });
}

PyObject* truncate(PyObject* self, PyObject* size) {
  return guarded([&] {
    const auto given = integer(size);
    if (given < 0) {
      PyErr_SetString(PyExc_ValueError, "a file cannot have a negative size");
      throw ErrorIsSet();
    }
    const auto wanted = static_cast<std::uint64_t>(given);
    return run(self, "File.truncate", [wanted](File& file) { return file.truncate(wanted); }, &number);
  });
}

PyObject* size(PyObject* self, PyObject*) {
  return run(self, "File.size", [](File& file) { return file.size(); }, &number);
}

PyObject* fileno(PyObject* self, PyObject*) {
  return run(self, "File.fileno", [](File& file) { return file.descriptor(); }, &PyLong_FromLong);
}

PyObject* close(PyObject* self, PyObject*) {
  Ref node = std::move(reinterpret_cast<FileObject*>(self)->node);
  const auto commit = [](File& file) { return file.close(); };
  if (!node) return run(self, "File.close", commit, [](const Entry&) { return none(); });
  const auto rename = [node](Entry entry) {
    const Node& before = *node_of(node.get());
    set_node(node.get(), Node(before.manager(), before.mount(), std::move(entry.path)));
    return none();
  };
  return run(self, "File.close", commit, rename);
}

PyObject* abort(PyObject* self, PyObject*) {
  return run(self, "File.abort", [](File& file) { return file.abort(); }, &none);
}

/// For a coroutine that is being closed, which can wait for nothing: the file ends by itself as soon as it can.
PyObject* discard(PyObject* self, PyObject*) {
  return guarded([self] {
    const FilePointer& file = of(self);
    file->abort().start({}, [kept = file](const Result<void>&) {});
    return none();
  });
}

PyObject* awaited(PyObject* self, PyObject*) {
  reinterpret_cast<FileObject*>(self)->awaits = true;
  return Py_NewRef(self);
}

PyObject* tell(PyObject* self, PyObject*) { return to_python(std::uint64_t{of(self)->tell()}); }

template <auto Question>
PyObject* answer(PyObject* self, void*) {
  return to_python(((*of(self)).*Question)());
}

PyMethodDef methods[] = {
    {"read", as_method(&read), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("read($self, size=-1)\n--\n\nUp to size bytes; all that is left when negative.")},
    {"readinto", readinto, METH_O,
     PyDoc_STR("readinto($self, buffer, /)\n--\n\nFill the buffer; gives the number of bytes, 0 at the end.")},
    {"write", write, METH_O, PyDoc_STR("write($self, data, /)\n--\n\nWrite bytes at the position.")},
    {"seek", as_method(&seek), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("seek($self, offset, whence=0)\n--\n\nMove the position; gives the new one.")},
    {"tell", tell, METH_NOARGS, PyDoc_STR("tell($self)\n--\n\nThe position.")},
    {"truncate", truncate, METH_O, PyDoc_STR("truncate($self, size, /)\n--\n\nCut or extend the file.")},
    {"size", size, METH_NOARGS, PyDoc_STR("size($self)\n--\n\nThe size of the whole file.")},
    {"fileno", fileno, METH_NOARGS, PyDoc_STR("fileno($self)\n--\n\nThe open file of the system; local mounts only.")},
    {"close", close, METH_NOARGS, PyDoc_STR("close($self)\n--\n\nCommit what was written.")},
    {"abort", abort, METH_NOARGS, PyDoc_STR("abort($self)\n--\n\nEnd without committing.")},
    {"_discard", discard, METH_NOARGS,
     PyDoc_STR("_discard($self)\n--\n\nEnd without committing, soon: what runs comes to rest before. Never awaited.")},
    {"_awaited", awaited, METH_NOARGS,
     PyDoc_STR("_awaited($self)\n--\n\nThe same file; from now on its methods give awaitables.")},
    {nullptr, nullptr, 0, nullptr}};

PyGetSetDef attributes[] = {{"closed", answer<&File::closed>, nullptr, nullptr, nullptr},
                            {"readable", answer<&File::readable>, nullptr, nullptr, nullptr},
                            {"writable", answer<&File::writable>, nullptr, nullptr, nullptr},
                            {"seekable", answer<&File::seekable>, nullptr, nullptr, nullptr},
                            {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(&file_dealloc)},
                       {Py_tp_methods, methods},
                       {Py_tp_getset, attributes},
                       {0, nullptr}};
PyType_Spec spec = {"genro_storage._core.File", sizeof(FileObject), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

}  // namespace

PyObject* wrap_file(File file, bool awaits, PyObject* node) {
  auto opened = std::make_shared<File>(std::move(file));
  Ref object = checked(file_type->tp_alloc(file_type, 0));
  auto* self = reinterpret_cast<FileObject*>(object.get());
  new (&self->file) FilePointer(std::move(opened));
  new (&self->node) Ref(Ref::borrow(node));
  self->awaits = awaits;
  return object.release();
}

bool add_file(PyObject* module) {
  file_type = reinterpret_cast<PyTypeObject*>(PyType_FromModuleAndSpec(module, &spec, nullptr));
  return file_type && PyModule_AddType(module, file_type) == 0;
}

}  // namespace genro::storage::python
