// The physical limit of small local file operations: plain C loops over the files that the harness prepared.
//   limit_files read|stat|create|rename|durable|readdir|memcpy --root DIR [--files N] [--size N] [--seconds S]
// read, stat: files DIR/0 .. DIR/N-1. create: a new name each time. rename: temporary file renamed over an old one.
// durable: the same with fsync of the file and of the folder. memcpy: --size bytes from one buffer to another.
#include "result.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstring>
#include <string>

namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

void write_file(const std::string& path, const std::string& data, bool sync) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0 || ::write(fd, data.data(), data.size()) != static_cast<ssize_t>(data.size())) fail("write");
  if (sync && ::fsync(fd) != 0) fail("fsync");
  ::close(fd);
}

}  // namespace

int main(int count, char** words) {
  using namespace limits;
  const std::string mode = count > 1 ? words[1] : "";
  const std::string root = std::string(option(count, words, "--root", ".")) + "/";
  const int files = std::atoi(option(count, words, "--files", "1000"));
  const auto size = static_cast<std::size_t>(std::atoll(option(count, words, "--size", "4096")));
  const double seconds = std::atof(option(count, words, "--seconds", "1"));
  std::vector<std::string> names;
  for (int i = 0; i < files; ++i) names.push_back(root + std::to_string(i));
  std::string data(size, 'x'), other(size, 'y');
  std::size_t next = 0;
  const auto name = [&]() -> const std::string& { return names[next++ % names.size()]; };

  if (mode == "read") {
    measure(seconds, true, [&] {
      const int fd = ::open(name().c_str(), O_RDONLY | O_CLOEXEC);
      if (fd < 0 || ::read(fd, data.data(), size) != static_cast<ssize_t>(size)) fail("read");
      ::close(fd);
      return 1;
    });
  } else if (mode == "stat") {
    measure(seconds, true, [&] {
      struct stat status{};
      if (::stat(name().c_str(), &status) != 0) fail("stat");
      return 1;
    });
  } else if (mode == "create") {
    const std::string prefix = root + "new" + std::to_string(::getpid()) + "-";
    measure(seconds, true, [&] {
      write_file(prefix + std::to_string(next++), data, false);
      return 1;
    });
  } else if (mode == "rename" || mode == "durable") {
    const bool sync = mode == "durable";
    const int folder = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::string temporary = root + "temporary";
    measure(seconds, true, [&] {
      write_file(temporary, data, sync);
      if (::rename(temporary.c_str(), name().c_str()) != 0) fail("rename");
      if (sync && ::fsync(folder) != 0) fail("fsync");
      return 1;
    });
  } else if (mode == "readdir") {
    measure(seconds, true, [&] {
      DIR* folder = ::opendir(root.c_str());
      int entries = 0;
      while (::readdir(folder) != nullptr) ++entries;
      ::closedir(folder);
      return entries - 2;
    });
  } else if (mode == "memcpy") {
    measure(seconds, false, [&] {
      for (int i = 0; i < 1000; ++i) {
        std::memcpy(data.data(), other.data(), size);
        asm volatile("" : : "r"(data.data()) : "memory");  // keep each copy
      }
      return 1000;
    });
  } else {
    std::fputs(
        "usage: limit_files read|stat|create|rename|durable|readdir|memcpy --root DIR [--files N] [--size N] "
        "[--seconds S]\n",
        stderr);
    return 2;
  }
  return 0;
}
