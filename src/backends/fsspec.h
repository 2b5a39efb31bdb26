// fsspec: any filesystem of Python's package fsspec, for what has no backend here. Used through the table in protocols.cc.
// The filesystems are Python objects, so the Python module says how a backend over one is made; a program without Python
// has the protocol's options and an error.
#pragma once

#include <memory>

#include "backend/mount_context.h"
#include "genro/storage/backend.h"
#include "genro/storage/option_spec.h"

namespace genro::storage {

inline constexpr OptionSpec kFsspecOptions[] = {
    {.name = "filesystem", .required = true, .help = "its name in the package fsspec: `ftp`, `hdfs`, …"},
    {.name = "base_path", .place = true, .otherwise = "its root", .help = "the folder in it that is the mount's root"},
    {.name = "options",
     .type = OptionType::map,
     .secret = true,
     .help = "what the filesystem takes, as its documentation names it: host, credentials, …"},
};
std::shared_ptr<Backend> make_fsspec(const MountContext& context);

/// Who makes them from now on; called once, when the Python module is imported.
using FsspecMaker = std::shared_ptr<Backend> (*)(const MountOptions& options);
void set_fsspec_maker(FsspecMaker maker) noexcept;

}  // namespace genro::storage
