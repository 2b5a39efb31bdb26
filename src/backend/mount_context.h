// MountContext for factories that look into the world of their mount: here Env is a complete type.
// Used by backends that are compiled with the engine.
#pragma once

#include "core/env.h"
#include "genro/storage/mount_context.h"
