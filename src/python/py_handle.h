// PyHandle: a Python object that the engine refers to, inside a callback or an exception. Copies share it; it may be dropped
// on any thread. Use Ref instead where the GIL is held anyway.
#pragma once

#include <memory>

#include "python/deferred.h"
#include "python/ref.h"

namespace genro::storage::python {

class HeldObject final : public Deferred {
 public:
  explicit HeldObject(Ref object) : object_(std::move(object)) {}
  PyObject* get() const noexcept { return object_.get(); }

 private:
  Ref object_;
};
using PyHandle = std::shared_ptr<const HeldObject>;

inline PyHandle hold(Ref object) {
  return {new HeldObject(std::move(object)), [](HeldObject* object) { release_later(*object); }};
}

}  // namespace genro::storage::python
