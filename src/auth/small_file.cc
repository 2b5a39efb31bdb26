#include "auth/small_file.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20;

}  // namespace

std::optional<std::string> read_small_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw Error(ErrorCode::config, "read", path, "cannot be opened");
  }
  std::string text(kLargestFile + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get())) throw Error(ErrorCode::config, "read", path, "cannot be read");
  if (text.size() > kLargestFile) throw Error(ErrorCode::config, "read", path, "is larger than 1 MiB");
  return text;
}

}  // namespace genro::storage
