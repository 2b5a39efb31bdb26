// HttpSending: what of one request is still to be sent from memory, the head and then the body's pieces, and how a body
// in a file comes into memory. Used by HttpConnection only. Views: head and pieces live as long as it does.
#pragma once

#include <span>
#include <string_view>

#include "core/network.h"
#include "genro/storage/bytes.h"
#include "genro/storage/task.h"

namespace genro::storage {

class HttpSending {
 public:
  HttpSending(std::string_view head, std::span<const Bytes> pieces) noexcept : head_(head), pieces_(pieces) {}
  bool done() const noexcept { return head_.empty() && pieces_.empty(); }
  /// Hands the system as much as it takes at once.
  IoStep step(Stream& stream) noexcept;

 private:
  void advance(std::size_t size) noexcept;

  std::string_view head_;
  std::span<const Bytes> pieces_;
  std::size_t offset_ = 0;  // in the first of what is left
};

/// The first part of the file span, at most 256 KiB, read without making a reactor wait for a disk. Throws truncated when
/// the file has become shorter.
Task<Bytes> read_to_send(FileSpan file);

}  // namespace genro::storage
