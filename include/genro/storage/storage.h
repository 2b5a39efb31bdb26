// The one include of the C++ API. See README.md for a tour.
#pragma once

#include "genro/storage/backend.h"
#include "genro/storage/bytes.h"
#include "genro/storage/call.h"
#include "genro/storage/capabilities.h"
#include "genro/storage/config.h"
#include "genro/storage/entry.h"
#include "genro/storage/error.h"
#include "genro/storage/fetch.h"
#include "genro/storage/file.h"
#include "genro/storage/local_path.h"
#include "genro/storage/manager.h"
#include "genro/storage/node.h"
#include "genro/storage/options.h"
#include "genro/storage/serve.h"
#include "genro/storage/task.h"
#include "genro/storage/version.h"
