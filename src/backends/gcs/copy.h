// What the server does with objects by itself: copies of any size and class, and changed metadata.
// https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite
// Used by the gcs backend. A copy is of the generation that was seen at its beginning.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/gcs/answers.h"
#include "backends/gcs/client.h"
#include "genro/storage/options.h"

namespace genro::storage::gcs {

// Nothing when there is no such object. `path` is the mount's; `operation` a literal, here and below.
Task<std::optional<Object>> look_up(std::shared_ptr<Client> client, std::string path, ReadOptions options,
                                    std::string_view operation);
// Throws not_found instead.
Task<Object> existing_object(std::shared_ptr<Client> client, std::string path, std::string_view operation,
                             std::string version);

Task<Entry> copy_between(std::shared_ptr<Client> source, std::shared_ptr<Client> target, std::string from,
                         std::string to, PutOptions options);
Task<void> replace_metadata(std::shared_ptr<Client> client, std::string path, Metadata metadata);

}  // namespace genro::storage::gcs
