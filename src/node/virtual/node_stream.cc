#include "node/virtual/node_stream.h"

#include <utility>

#include "backend/reader.h"
#include "backend/wrappers.h"
#include "backend/writer.h"
#include "node/encryption/encryption.h"
#include "node/guard.h"
#include "node/stored_content.h"
#include "node/virtual/content.h"

namespace genro::storage {
namespace {

// Full pieces: a short one would make a part that most servers refuse.
constexpr std::size_t kStoredPiece = std::size_t{1} << 20;

Task<Node> store_whole(Node target, std::unique_ptr<Reader> reader) {
  Task<Bytes> reading = reader->read_all();
  Bytes content = co_await reading;
  Task<bool> writing = target.write_bytes(std::move(content));
  co_await writing;
  co_return target;
}

/// Puts the node's address into what goes wrong while reading.
class LocatedReader final : public ReaderWrapper {
 public:
  LocatedReader(MountPointer mount, std::string path, std::unique_ptr<Reader> reader)
      : ReaderWrapper(std::move(reader)), mount_(std::move(mount)), path_(std::move(path)) {}
  Task<std::size_t> read_into(std::span<std::byte> target) override { return reporting(inner().read_into(target)); }
  Task<Bytes> read_some(std::size_t most) override { return reporting(inner().read_some(most)); }
  Task<Bytes> read_all() override { return reporting(inner().read_all()); }
  Task<std::uint64_t> save(FileSink& file) override { return reporting(inner().save(file)); }

 private:
  template <class T>
  Task<T> reporting(Task<T> reading) {
    try {
      co_return co_await reading;
    } catch (const Error& error) {
      throw located(error, "read", *mount_, path_);
    }
  }

  MountPointer mount_;
  std::string path_;
};

Task<std::unique_ptr<Reader>> open_stored(MountPointer mount, std::string path) {
  Task<std::unique_ptr<Reader>> opening = open_plaintext(mount, path, {});
  std::unique_ptr<Reader> reader = co_await opening;
  co_return std::make_unique<LocatedReader>(std::move(mount), std::move(path), std::move(reader));
}

Task<void> write_at(Writer& writer, const MountPointer& mount, const std::string& path, Bytes data) {
  try {
    Task<void> writing = writer.write(std::move(data));
    co_await writing;
  } catch (const Error& error) {
    throw located(error, "write", *mount, path);
  }
}

Task<void> write_all(Reader& reader, Writer& writer, const MountPointer& mount, const std::string& path) {
  for (;;) {
    BytesBuffer buffer(kStoredPiece);
    Task<std::size_t> filling = fill(reader, buffer.span());
    const std::size_t size = co_await filling;
    if (size == 0) co_return;
    Task<void> writing = write_at(writer, mount, path, std::move(buffer).freeze(size));
    co_await writing;
    if (size < kStoredPiece) co_return;
  }
}

Task<void> require_no_folder(MountPointer mount, std::string path) {
  if (path.empty()) throw failure(ErrorCode::is_directory, "write", *mount, path, "the root of a mount is a directory");
  Task<std::optional<Entry>> looking = mount->backend->stat(path);
  Result<std::optional<Entry>> found = co_await looking.as_result();
  if (!found.ok()) co_return;  // writing will tell
  if (found.value() && found.value()->is_directory()) {
    throw failure(ErrorCode::is_directory, "write", *mount, path, "the destination is a directory");
  }
}

}  // namespace

Task<std::unique_ptr<Reader>> open_node(Node node) {
  if (virtual_content_of(node)) return open_virtual(std::move(node));
  return open_stored(mount_of(node), node.path());
}

void require_storable(const Node& target, const char* operation) {
  const MountPointer mount = mount_of(target);
  require_changeable(*mount, operation, target.path());
  require_keys(*mount, plan_for(*mount, {}), operation, target.path());
  require_write(*mount, operation, target.path());
}

Task<Node> store_node(Node target, std::unique_ptr<Reader> reader) {
  require_storable(target, "write");
  const MountPointer mount = mount_of(target);
  // A path that is the content needs all of it, and so does an envelope.
  if (mount->caps.content_addressed || encrypts(*mount, {})) {
    Task<Node> storing = store_whole(std::move(target), std::move(reader));
    co_return co_await storing;
  }
  Task<void> looking = require_no_folder(mount, target.path());
  co_await looking;
  PutOptions options;
  options.content_type = stored_type(target);
  Writer writer(mount->backend, target.path(), std::move(options), mount->files);
  Task<void> streaming = write_all(*reader, writer, mount, target.path());
  const Result<void> streamed = co_await streaming.as_result();
  if (!streamed.ok()) {
    Task<void> ending = writer.abort();
    co_await ending;
    std::rethrow_exception(streamed.exception());
  }
  try {
    Task<Entry> committing = writer.commit();
    co_await committing;
  } catch (const Error& error) {
    throw located(error, "write", *mount, target.path());
  }
  co_return target;
}

}  // namespace genro::storage
