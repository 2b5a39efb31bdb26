#include "backends/shared_object.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cctype>
#include <cstring>
#include <filesystem>

#include "genro/storage/error.h"

/// By its address this library finds the file that it is part of, and other objects find this library.
extern "C" [[gnu::visibility("default")]] const char* genro_storage_engine() noexcept { return GENRO_STORAGE_ABI; }

namespace genro::storage {
namespace {

constexpr char kEntryPoint[] = "genro_storage_backend";

std::string engine_file() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&genro_storage_engine), &info) == 0 || !info.dli_fname) return {};
  return info.dli_fname;
}

std::string folder_of(const std::string& file) { return std::filesystem::path(file).parent_path().string(); }

Error unusable(const std::string& file, const std::string& why) {
  return Error(ErrorCode::config, "load_backend", file, why);
}

/// The copy of this library whose functions a shared object that is opened now would find.
void* engine_in_sight() {
  void* const program = dlopen(nullptr, RTLD_NOW);
  void* const found = program ? dlsym(program, "genro_storage_engine") : nullptr;
  if (program) dlclose(program);
  return found;
}

/// Python opens its modules so that nobody else sees their symbols. Opening ours once more as global shows those that
/// cmake/exports.map lists, which are this library's own.
void show_engine(const std::string& file) {
  void* const own = reinterpret_cast<void*>(&genro_storage_engine);
  if (!engine_in_sight()) {
    if (void* again = dlopen(engine_file().c_str(), RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL)) dlclose(again);
  }
  void* const found = engine_in_sight();
  if (found == own) return;
  if (found) throw unusable(file, "this process has genro-storage twice, and a backend can only work with one of them");
  throw unusable(
      file, "this program was linked with genro-storage so that backends cannot find it: link genro::storage_shared");
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

Error cannot_open(const std::string& file, std::string_view package, const std::string& report) {
  const std::string missing = missing_library(report, file);
  if (!missing.empty()) {
    std::string text = "needs " + missing + ", which this machine does not have: install ";
    if (package.empty()) {
      text += "the package that it comes in";
    } else {
      text.append("the package ").append(package).append(" (its name on Debian and Ubuntu)");
    }
    return Error(ErrorCode::missing_library, "load_backend", file, std::move(text));
  }
  if (contains(report, "genro7storage"))
    return unusable(file, "was built for another version of genro-storage: build it again for " GENRO_STORAGE_ABI);
  if (contains(report, "GLIBCXX_") || contains(report, "CXXABI_") || contains(report, "GLIBC_")) {
    return unusable(
        file, "was built with newer system libraries than this machine has: build it on this one (" + report + ")");
  }
  return unusable(file, "cannot be loaded: " + report);
}

void check(const BackendLibrary* library, const std::string& file) {
  if (!library || library->format != BackendLibrary::kFormat || !library->abi ||
      std::strcmp(library->abi, genro_storage_engine()) != 0) {
    const bool readable = library && library->abi;
    throw unusable(file, std::string("was built for genro-storage ") + (readable ? library->abi : "of another kind") +
                             "; this is " + genro_storage_engine() + ": build it again");
  }
  const Protocol* const protocol = library->protocol;
  if (!protocol || !protocol->make) throw unusable(file, "describes no protocol, or one that makes no backends");
  for (const char c : protocol->name) {
    if (std::islower(static_cast<unsigned char>(c)) == 0 && std::isdigit(static_cast<unsigned char>(c)) == 0 &&
        c != '_')
      throw unusable(file, "names its protocol by other characters than lower-case letters, digits and '_'");
  }
  if (protocol->name.empty()) throw unusable(file, "describes a protocol without a name");
}

}  // namespace

EngineFolders engine_folders() {
  const std::string file = engine_file();
  std::error_code ignored;
  return {folder_of(file), folder_of(std::filesystem::canonical(file, ignored).string())};
}

std::string missing_library(std::string_view report, std::string_view file) {
  constexpr std::string_view kGlibc = ": cannot open shared object file";
  constexpr std::string_view kMusl = "Error loading shared library ";
  std::string_view name;
  if (const std::size_t end = report.find(kGlibc); end != std::string_view::npos) {
    name = report.substr(0, end);
  } else if (report.starts_with(kMusl)) {
    name = report.substr(kMusl.size());
    name = name.substr(0, name.find(':'));
  }
  return name == file ? std::string() : std::string(name);
}

const BackendLibrary& open_backend_library(const std::string& file, std::string_view package) {
  if (access(file.c_str(), F_OK) != 0) throw Error(ErrorCode::not_found, "load_backend", file, "there is no such file");
  show_engine(file);
  void* const opened = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!opened) {
    const char* const report = dlerror();
    throw cannot_open(file, package, report ? report : "no reason was given");
  }
  try {
    void* const entry = dlsym(opened, kEntryPoint);
    if (!entry) throw unusable(file, std::string("is no backend: it has no function ") + kEntryPoint);
    const BackendLibrary* const library = reinterpret_cast<decltype(&genro_storage_backend)>(entry)();
    check(library, file);
    return *library;
  } catch (...) {
    dlclose(opened);
    throw;
  }
}

}  // namespace genro::storage
