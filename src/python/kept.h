// Kept: a Python object that the engine holds on to, inside a callback or an exception. Copies share it; it may be dropped
// on any thread. Use Ref instead where the GIL is held anyway.
#pragma once

#include <memory>

#include "python/deferred.h"
#include "python/ref.h"

namespace genro::storage::python {

class KeptObject final : public Deferred {
 public:
  explicit KeptObject(Ref object) : object_(std::move(object)) {}
  PyObject* get() const noexcept { return object_.get(); }

 private:
  Ref object_;
};
using Kept = std::shared_ptr<const KeptObject>;

inline Kept keep(Ref object) {
  return {new KeptObject(std::move(object)), [](KeptObject* kept) { release_later(*kept); }};
}

}  // namespace genro::storage::python
