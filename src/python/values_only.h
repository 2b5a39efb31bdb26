// ValuesOnly: while it lives, methods called on this thread give values even inside a running event loop. Used around
// Python backends, which are synchronous by contract, and by the backend objects that Python code uses directly.
// Never hold one across an await.
#pragma once

namespace genro::storage::python {

class ValuesOnly {
 public:
  ValuesOnly() noexcept { ++depth_; }
  ~ValuesOnly() { --depth_; }
  ValuesOnly(const ValuesOnly&) = delete;
  ValuesOnly& operator=(const ValuesOnly&) = delete;
  static bool active() noexcept { return depth_ != 0; }

 private:
  static inline thread_local int depth_ = 0;
};

}  // namespace genro::storage::python
