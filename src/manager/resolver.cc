#include "manager/resolver.h"

#include <algorithm>
#include <utility>

#include "core/path.h"
#include "genro/storage/error.h"

namespace genro::storage {
namespace {

/// Whether the mount has the name itself, or whatever it stands on has.
bool involves(const Mount& mount, std::string_view name) {
  return mount.name == name || std::any_of(mount.stands_on.begin(), mount.stands_on.end(),
                                           [&](const MountPointer& below) { return involves(*below, name); });
}

Error cannot_stand_on(const std::string& mount, std::string_view address, std::string_view why) {
  std::string text = "mount '" + mount + "': '";
  text.append(address).append("' ").append(why);
  return Error(ErrorCode::config, std::move(text));
}

}  // namespace

std::string names_in(const MountTable& table) {
  std::string names;
  for (const MountPointer& mount : table) {
    if (!names.empty()) names += ", ";
    names.append(1, '\'').append(mount->name).append(1, '\'');
  }
  return names.empty() ? "none" : names;
}

ResolveAddress resolver(std::string name, const MountTable& earlier, std::vector<MountPointer>& stands_on) {
  return [name = std::move(name), &earlier, &stands_on](std::string_view address) -> ResolvedPath {
    const std::size_t colon = std::min(address.find(':'), address.size());
    const MountPointer mount = find_mount(earlier, address.substr(0, colon));
    if (!mount) {
      throw cannot_stand_on(name, address,
                            "is on no mount that was configured before it. Available mounts: " + names_in(earlier));
    }
    // The mount of that name that there is now would serve; the same configuration read again would not.
    if (involves(*mount, name)) throw cannot_stand_on(name, address, "lies on what the mount itself provides");
    std::string path(address.substr(std::min(colon + 1, address.size())));
    try {
      if (!mount->caps.content_addressed) path = path::clean(path);
    } catch (const Error& error) {
      throw cannot_stand_on(name, address, "is no path of a mount: " + error.message());
    }
    stands_on.push_back(mount);
    return {mount->backend, std::move(path)};
  };
}

}  // namespace genro::storage
