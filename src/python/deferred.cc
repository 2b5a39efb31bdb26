#include "python/deferred.h"

#include "python/gil.h"

namespace genro::storage::python {

namespace detail {

std::atomic<Deferred*> deferred_list{nullptr};

void release_all() noexcept {
  Deferred* object = deferred_list.exchange(nullptr, std::memory_order_acquire);
  while (object) {
    Deferred* next = object->next;
    object->release();
    object = next;
  }
}

}  // namespace detail

void release_later(Deferred& object) noexcept {
  Deferred* head = detail::deferred_list.load(std::memory_order_relaxed);
  do {
    object.next = head;
  } while (!detail::deferred_list.compare_exchange_weak(head, &object, std::memory_order_release,
                                                        std::memory_order_relaxed));
}

void release_soon(Deferred& object) noexcept {
  release_later(object);
  if (interpreter_is_exiting()) return;
  Py_AddPendingCall(
      [](void*) {
        detail::release_all();
        return 0;
      },
      nullptr);  // when Python's own queue is full, the next call of ours does it
}

}  // namespace genro::storage::python
