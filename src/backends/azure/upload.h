// Uploads: Put Blob for what is small, else in blocks: Put Block for each part, Put Block List for the whole. Blocks that no list names are seen by nobody, and
// the service forgets them after a week; there is no request to end them sooner.
// https://learn.microsoft.com/en-us/rest/api/storageservices/put-block-list
// Used by the azure backend, and by appends to block blobs.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/azure/client.h"
#include "genro/storage/backend.h"

namespace genro::storage::azure {

/// Puts a whole blob of at most 5000 MiB, with its CRC-64. Throws corrupt when the service has taken other bytes.
Task<Entry> put_blob(std::shared_ptr<Client> client, std::string path, Body body, PutOptions options);

/// A blob's blocks have names of one length: 32 characters of base64, here.
std::string block_id(std::uint64_t session, int number);

/// Puts one block, with its CRC-64. Throws corrupt when the service has taken other bytes.
Task<void> put_block(std::shared_ptr<Client> client, std::string path, std::string id, Body body);
/// Makes these blocks the blob, put now or committed before.
Task<Entry> put_block_list(std::shared_ptr<Client> client, std::string path, std::vector<std::string> ids,
                           std::uint64_t size, PutOptions options);

std::unique_ptr<Upload> make_upload(std::shared_ptr<Client> client, std::string path, PutOptions options);

}  // namespace genro::storage::azure
