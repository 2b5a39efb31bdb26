#include <utility>

#include "genro/storage/node.h"
#include "node/guard.h"
#include "node/location.h"
#include "node/stored_content.h"

namespace genro::storage {
namespace {

Task<std::optional<Entry>> file_at(MountPointer mount, std::string path) {
  Task<std::optional<Entry>> looking = mount->backend->stat(path);
  Result<std::optional<Entry>> found = co_await looking.as_result();
  if (found.ok()) co_return found.value() && found.value()->is_file() ? std::move(found.value()) : std::nullopt;
  const Error error = found.error();
  if (error.code() == ErrorCode::internal) std::rethrow_exception(found.exception());
  // A mount without versions has no such snapshot.
  if (means_absent(error.code()) || (mount->snapshot && error.code() == ErrorCode::unsupported)) co_return std::nullopt;
  throw located(error, "stat", *mount, path);
}

Task<bool> equal_files(Node a, Node b, MountPointer a_mount, MountPointer b_mount) {
  if (a == b) co_return true;
  if (a.detached() || b.detached()) co_return false;
  const bool same_address = a.fullpath() == b.fullpath() && a.version().empty() && b.version().empty();
  if (same_address && same_location({a_mount, a.path()}, {b_mount, b.path()})) co_return true;  // of two managers
  Task<std::optional<Entry>> looking_a = file_at(a_mount, a.path());
  const std::optional<Entry> left = co_await looking_a;
  if (!left) co_return false;
  Task<std::optional<Entry>> looking_b = file_at(b_mount, b.path());
  const std::optional<Entry> right = co_await looking_b;
  if (!right || left->size != right->size) co_return false;
  if (!left->md5.empty() && !right->md5.empty()) co_return left->md5 == right->md5;
  Task<std::unique_ptr<Reader>> opening_a = open_content(a_mount, a.path(), {});
  std::unique_ptr<Reader> first = co_await opening_a;
  Task<std::unique_ptr<Reader>> opening_b = open_content(b_mount, b.path(), {});
  std::unique_ptr<Reader> second = co_await opening_b;
  Task<bool> comparing = same_content(std::move(first), std::move(second));
  co_return co_await comparing;
}

}  // namespace

Task<bool> Node::equals(Node other) const {
  const MountPointer other_mount = other.mount_or_detached();
  return equal_files(*this, std::move(other), mount_or_detached(), other_mount);
}

}  // namespace genro::storage
