#include "codec/git_object.h"

#include "codec/hex.h"

namespace genro::storage {

bool is_git_object_id(std::string_view text) noexcept {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

GitBlobId::GitBlobId(std::uint64_t size) {
  const std::string header = "blob " + std::to_string(size);
  state_.update(std::string_view(header.c_str(), header.size() + 1));  // with its NUL
}

std::string GitBlobId::finish() { return hex_encode(state_.finish()); }

std::string git_lfs_target(std::string_view content) {
  if (!content.starts_with("version https://git-lfs.github.com/spec/v1\n")) return {};
  const auto value = [content](std::string_view key) {
    const std::size_t at = content.find(key);
    if (at == std::string_view::npos) return std::string_view();
    const std::string_view rest = content.substr(at + key.size());
    return rest.substr(0, rest.find('\n'));
  };
  const std::string_view oid = value("\noid ");
  const std::string_view size = value("\nsize ");
  const bool plain = oid.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789:") == std::string_view::npos &&
                     size.find_first_not_of("0123456789") == std::string_view::npos;
  if (oid.empty() || size.empty() || !plain) return {};
  return std::string(oid).append(", ").append(size).append(" bytes");
}

}  // namespace genro::storage
