// GivenContent: what a caller gave to be written. Bytes and short contents are at hand at once. A long bytearray, memoryview or
// text is copied or encoded when the operation runs, without the GIL and off the caller's event loop: until then it must stay
// as it is, and cannot be resized. Used by all that writes.
#pragma once

#include <memory>
#include <string>

#include "genro/storage/bytes.h"
#include "genro/storage/task.h"
#include "python/ref.h"

namespace genro::storage::python {

class GivenContent {
 public:
  /// Of an object with the buffer interface, or of a str. Throw ErrorIsSet.
  static GivenContent of_buffer(PyObject* object);
  static GivenContent of_text(PyObject* text, const std::string& encoding);

  bool ready() const noexcept { return !later_; }
  const Bytes& bytes() const noexcept { return bytes_; }  ///< Only what is at hand.
  Bytes take() noexcept { return std::move(bytes_); }
  std::size_t size() const noexcept;  ///< Bytes of a buffer.
  /// For what is not at hand. Lets go of the caller's object; throws what encoding it raised.
  Task<Bytes> make();

 private:
  struct Later;
  explicit GivenContent(Bytes bytes) : bytes_(std::move(bytes)) {}
  explicit GivenContent(std::shared_ptr<const Later> later) : later_(std::move(later)) {}
  static Task<Bytes> made(std::shared_ptr<const Later> later);

  Bytes bytes_;
  std::shared_ptr<const Later> later_;
};

}  // namespace genro::storage::python
