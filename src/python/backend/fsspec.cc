#include "python/backend/fsspec.h"

#include "backends/fsspec.h"
#include "python/asyncio/config.h"
#include "python/backend/answers.h"
#include "python/backend/python_backend.h"
#include "python/calls/convert.h"
#include "python/enter.h"

namespace genro::storage::python {
namespace {

/// Called inside of configure(), which has the GIL.
std::shared_ptr<Backend> make_filesystem(const MountOptions& options) {
  const Ref mount = checked(name_to_python(options.mount()));
  const Ref filesystem = checked(name_to_python(options.required_text("filesystem")));
  const Ref base_path = checked(name_to_python(options.text("base_path").value_or("")));
  const ConfigValue* given = options.find("options");
  const Ref values = checked(given ? config_value_to_python(*given) : PyDict_New());
  const Ref backend = checked(enter([&]() -> PyObject* {
    const Ref module = Ref::steal(PyImport_ImportModule("genro_storage._compat.fsspec_filesystem"));
    const Ref type = Ref::steal(module ? PyObject_GetAttrString(module.get(), "FilesystemBackend") : nullptr);
    if (!type) return nullptr;
    return PyObject_CallMethod(type.get(), "_of_mount", "OOOO", mount.get(), filesystem.get(), base_path.get(),
                               values.get());
  }));
  return make_python_backend(backend.get(), capabilities_from(backend.get()));
}

}  // namespace

void serve_fsspec() noexcept { set_fsspec_maker(&make_filesystem); }

}  // namespace genro::storage::python
