#include "python/backend/reader.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "backend/bytes_reader.h"
#include "python/asyncio/python_call.h"
#include "python/calls/convert.h"
#include "python/enter.h"

namespace genro::storage::python {
namespace {

constexpr std::uint64_t kStreamed = 1 << 20;  // smaller contents are not worth an open file

/// An open file object; closed wherever the engine lets go of it.
class OpenFile final : public Deferred {
 public:
  explicit OpenFile(Ref file) : file_(std::move(file)) {}
  PyObject* get() const noexcept { return file_.get(); }
  /// GIL held; what closing raises is of no use to anybody who has read all, or does not want to.
  void close() noexcept {
    if (!std::exchange(open_, false)) return;
    Ref::steal(enter([this] { return PyObject_CallMethod(file_.get(), "close", nullptr); }));
    PyErr_Clear();
  }
  void release() noexcept override {
    close();
    delete this;
  }

 private:
  Ref file_;
  bool open_ = true;
};
struct Drop {
  void operator()(OpenFile* file) const noexcept { release_soon(*file); }
};
using OpenFilePointer = std::unique_ptr<OpenFile, Drop>;

/// The next bytes of an open file, at most `size`.
Bytes read_piece(OpenFile& file, std::size_t size) {
  const Ref wanted = checked(PyLong_FromSize_t(size));
  const Ref data = call_method(file.get(), "read", {wanted.get()});
  Bytes bytes = data.get() == Py_None ? Bytes() : bytes_from(data.get());
  if (bytes.size() > size) {
    PyErr_SetString(PyExc_OSError, "read() gave more bytes than it was asked for");
    throw ErrorIsSet();
  }
  return bytes;
}

void skip_to(OpenFile& file, std::uint64_t offset) {
  if (offset == 0) return;
  const Ref position = checked(PyLong_FromUnsignedLongLong(offset));
  call_method(file.get(), "seek", {position.get()});
}

class PythonReader final : public LeafReader {
 public:
  PythonReader(PyHandle backend, Entry entry, ByteRange range, OpenFilePointer file)
      : backend_(std::move(backend)), entry_(std::move(entry)), range_(range), file_(std::move(file)) {}

  const Entry& entry() const noexcept override { return entry_; }
  std::uint64_t begin() const noexcept override { return range_.begin; }
  std::uint64_t size() const noexcept override { return range_.end - range_.begin; }

  Task<std::size_t> read_into(std::span<std::byte> target) override {
    auto reading = offload([this, target] { return read_now(target); });
    co_return co_await reading;
  }

  Task<Bytes> read_all() override {
    const bool untouched = !file_ && !content_;
    if (untouched && range_.begin == 0 && range_.end == entry_.size) {
      auto reading = offload([this] { return python_content(backend_, entry_.path); });
      co_return co_await reading;
    }
    Task<Bytes> reading = read_some(static_cast<std::size_t>(left()));
    co_return co_await reading;
  }

 private:
  std::uint64_t left() const noexcept { return size() - given_; }

  std::size_t read_now(std::span<std::byte> target) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(target.size(), left()));
    if (wanted == 0) return 0;
    const std::size_t got = in_python("read", entry_.path, [&] { return read_locked(target.first(wanted)); });
    if (got == 0) {
      throw Error(ErrorCode::truncated, "read", entry_.path,
                  "the file ended after " + std::to_string(range_.begin + given_) + " of " +
                      std::to_string(entry_.size) + " bytes");
    }
    given_ += got;
    return got;
  }

  std::size_t read_locked(std::span<std::byte> target) {
    if (!file_ && !content_) begin_locked();
    if (content_) {
      const std::uint64_t at = range_.begin + given_;
      const std::size_t count = at < content_->size() ? std::min<std::size_t>(target.size(), content_->size() - at) : 0;
      if (count != 0) std::memcpy(target.data(), content_->data() + at, count);
      return count;
    }
    const Bytes piece = read_piece(*file_, target.size());
    if (!piece.empty()) std::memcpy(target.data(), piece.data(), piece.size());
    if (range_.begin + given_ + piece.size() == range_.end) file_->close();
    return piece.size();
  }

  void begin_locked() {
    if (entry_.size > kStreamed) {
      const Ref path = checked(name_to_python(entry_.path));
      const Ref mode = checked(PyUnicode_FromString("rb"));
      const Ref method = checked(PyObject_GetAttrString(backend_->get(), "open"));
      PyObject* const arguments[] = {path.get(), mode.get()};
      if (Ref opened = Ref::steal(enter([&] { return PyObject_Vectorcall(method.get(), arguments, 2, nullptr); }))) {
        file_.reset(new OpenFile(std::move(opened)));
        skip_to(*file_, range_.begin);
        return;
      }
      if (!PyErr_ExceptionMatches(PyExc_NotImplementedError)) throw ErrorIsSet();
      PyErr_Clear();
    }
    content_ = bytes_from(call_method(backend_->get(), "read_bytes", entry_.path).get());
  }

  PyHandle backend_;
  Entry entry_;
  ByteRange range_;
  OpenFilePointer file_;
  std::optional<Bytes> content_;
  std::uint64_t given_ = 0;
};

/// The size of an open file, from its end; nothing when it cannot seek.
std::optional<std::uint64_t> size_by_seeking(OpenFile& file) {
  const Ref start = checked(PyLong_FromLong(0));
  const Ref end = checked(PyLong_FromLong(2));
  const Ref seek = Ref::steal(PyObject_GetAttrString(file.get(), "seek"));
  PyObject* const arguments[] = {start.get(), end.get()};
  const Ref position =
      seek ? Ref::steal(enter([&] { return PyObject_Vectorcall(seek.get(), arguments, 2, nullptr); })) : Ref();
  if (!position) {
    forgive();
    return std::nullopt;
  }
  const std::uint64_t size = PyLong_AsUnsignedLongLong(position.get());
  if (PyErr_Occurred()) throw ErrorIsSet();
  call_method(file.get(), "seek", {start.get()});
  return size;
}

}  // namespace

std::unique_ptr<Reader> make_python_reader(PyHandle backend, Entry entry, ByteRange range) {
  range = clamped(range, entry.size, entry.path);
  return std::make_unique<PythonReader>(std::move(backend), std::move(entry), range, nullptr);
}

std::unique_ptr<Reader> open_python_version(const PyHandle& backend, const std::string& path,
                                            const ReadOptions& options) {
  return in_python("read", path, [&]() -> std::unique_ptr<Reader> {
    const Ref name = checked(name_to_python(path));
    const Ref version = checked(name_to_python(options.version));
    OpenFilePointer file(new OpenFile(call_method(backend->get(), "open_version", {name.get(), version.get()})));
    Entry entry;
    entry.path = path;
    entry.version_id = options.version;
    if (const std::optional<std::uint64_t> size = size_by_seeking(*file)) {
      entry.size = *size;
      const ByteRange range = clamped(options.range, entry.size, path);
      skip_to(*file, range.begin);
      return std::make_unique<PythonReader>(backend, std::move(entry), range, std::move(file));
    }
    const Bytes content = bytes_from(call_method(file->get(), "read", {}).get());
    file->close();
    entry.size = content.size();
    const ByteRange range = clamped(options.range, entry.size, path);
    return std::make_unique<BytesReader>(std::move(entry), content, range);
  });
}

Bytes python_content(const PyHandle& backend, const std::string& path) {
  return in_python("read", path, [&] { return bytes_from(call_method(backend->get(), "read_bytes", path).get()); });
}

}  // namespace genro::storage::python
