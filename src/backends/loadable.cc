#include "backends/loadable.h"

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include "backends/protocols.h"
#include "backends/shared_object.h"
#include "core/mutex.h"
#include "genro/storage/error.h"

namespace genro::storage {
namespace {

struct Loaded {
  std::string file;
  const Protocol* protocol;
};

struct Registry {
  LongMutex loading;  // one shared object at a time: opening one reads disks and runs its initializers
  Mutex mutex;        // guards the lists
  std::vector<Loaded> of_users;
  std::vector<Loaded> of_package;
};

/// Never taken down: mounts may be configured until the process ends.
Registry& registry() {
  static constinit Lasting<Registry> one;
  return one.get();
}

const Protocol* find_file(const std::vector<Loaded>& loaded, const std::string& file) {
  Registry& known = registry();
  const std::lock_guard lock(known.mutex);
  for (const Loaded& one : loaded) {
    if (one.file == file) return one.protocol;
  }
  return nullptr;
}

void keep(std::vector<Loaded>& loaded, std::string file, const Protocol& protocol) {
  Registry& known = registry();
  const std::lock_guard lock(known.mutex);
  loaded.push_back({std::move(file), &protocol});
}

/// Where the shared objects that come with the library may lie, the likeliest first: beside the Python module, beside the
/// shared library, or where the environment says.
std::vector<std::string> folders() {
  std::vector<std::string> found;
  if (const char* const said = secure_getenv("GENRO_STORAGE_BACKENDS")) found.emplace_back(said);
  const EngineFolders engine = engine_folders();
  for (const std::string& folder : {engine.loaded, engine.real}) {
    found.push_back(folder + "/_backends");
    found.push_back(folder + "/genro_storage");
  }
  return found;
}

std::string file_of_package(const Protocol& protocol) {
  const std::string name = "genro_" + std::string(protocol.name) + ".so";
  for (const std::string& folder : folders()) {
    std::error_code ignored;
    std::filesystem::path file = std::filesystem::path(folder) / name;
    if (std::filesystem::exists(file, ignored)) return std::filesystem::absolute(file, ignored).string();
  }
  throw Error(ErrorCode::missing_library, "needs " + name +
                                              ", which this library was built without: build it where the package " +
                                              std::string(protocol.package) + " and its headers are installed");
}

/// The protocol of the package with the factory that its shared object has.
const Protocol& loaded_of_package(const Protocol& protocol) {
  Registry& known = registry();
  const std::lock_guard loading(known.loading);
  const std::string file = file_of_package(protocol);
  if (const Protocol* found = find_file(known.of_package, file)) return *found;
  const Protocol& loaded = *open_backend_library(file, protocol.package).protocol;
  keep(known.of_package, file, loaded);
  return loaded;
}

}  // namespace

const Protocol& load_protocol(const std::string& given) {
  std::error_code failed;
  std::string file = std::filesystem::canonical(given, failed).string();  // one file under two names is one backend
  if (failed) throw Error(ErrorCode::not_found, "load_backend", given, "there is no such file");
  Registry& known = registry();
  const std::lock_guard loading(known.loading);
  if (const Protocol* found = find_file(known.of_users, file)) return *found;
  const Protocol& protocol = *open_backend_library(file, {}).protocol;
  const Protocol* const other = find_protocol(protocol.name);
  if (other && is_available(*other)) {
    throw Error(ErrorCode::config, "load_backend", file,
                "brings the protocol '" + std::string(protocol.name) + "', which there is already");
  }
  keep(known.of_users, std::move(file), protocol);
  return protocol;
}

std::vector<const Protocol*> loaded_protocols() {
  Registry& known = registry();
  const std::lock_guard lock(known.mutex);
  std::vector<const Protocol*> protocols;
  protocols.reserve(known.of_users.size());
  for (const Loaded& one : known.of_users) protocols.push_back(one.protocol);
  return protocols;
}

std::shared_ptr<Backend> make_backend(const Protocol& protocol, const MountContext& context) {
  if (protocol.make) return protocol.make(context);
  const Protocol* loaded = nullptr;
  try {
    loaded = &loaded_of_package(protocol);
  } catch (const Error& error) {
    throw Error(error.code(), "mount '" + context.options.mount() + "': protocol '" + std::string(protocol.name) +
                                  "' " + error.message());
  }
  return loaded->make(context);
}

}  // namespace genro::storage
