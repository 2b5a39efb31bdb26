#include "python/types/get_many.h"

#include <utility>
#include <vector>

#include "python/asyncio/dual.h"
#include "python/calls/arguments.h"
#include "python/calls/convert.h"
#include "python/gil_pause.h"
#include "python/types/manager.h"
#include "python/types/node_object.h"

namespace genro::storage::python {
namespace {

struct GetMany {
  StorageManager manager;
  std::vector<Node> nodes;
  bool return_exceptions = false;
  bool in_memory = true;
  Task<std::vector<Result<Bytes>>> task() { return manager.get_many(std::move(nodes)); }
  bool heavy(const std::vector<Result<Bytes>>& results) const { return results.size() > kMany; }
  PyObject* value(std::vector<Result<Bytes>> results) {
    Ref list = checked(PyList_New(static_cast<Py_ssize_t>(results.size())));
    for (std::size_t i = 0; i < results.size(); ++i) {
      Ref item;
      if (results[i].ok()) {
        item = checked(to_python(std::move(results[i]).take()));
      } else {
        set_error(results[i].exception());
        if (!return_exceptions) throw ErrorIsSet();
        item = fetch_exception();
      }
      PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), item.release());
      if (i % kMany == kMany - 1) let_others_run();
    }
    return list.release();
  }
  bool quick() const { return in_memory && nodes.size() <= 64; }
};

}  // namespace

PyObject* manager_get_many(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) noexcept {
  return dual("StorageManager.get_many", [&] {
    static const Signature<2> signature("get_many", 1, 1, {"nodes", "return_exceptions"});
    const auto [nodes, return_exceptions] = signature.bind(args, count, keywords);
    GetMany operation{reinterpret_cast<ManagerObject*>(self)->manager, {}, flag(return_exceptions, false)};
    const Ref items = checked(PySequence_Fast(nodes, "nodes must be a sequence of nodes or addresses"));
    const Py_ssize_t size = PySequence_Fast_GET_SIZE(items.get());
    operation.nodes.reserve(static_cast<std::size_t>(size));
    for (Py_ssize_t i = 0; i < size; ++i) {
      operation.nodes.push_back(node_from(self, PySequence_Fast_GET_ITEM(items.get(), i)));
      operation.in_memory = operation.in_memory && reads_quickly(operation.nodes.back());
    }
    return operation;
  });
}

}  // namespace genro::storage::python
