// Uploads in parts, each verified by its checksum, and so the whole.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
// Used by the S3 backend. Nothing is seen before complete(); whoever holds a session must complete or abort it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/s3/client.h"
#include "backends/s3/upload_requests.h"
#include "genro/storage/backend.h"

namespace genro::storage::s3 {

class PartUpload final : public LeafUpload {
 public:
  // `algorithm`: of all parts, as create_upload() announced it.
  PartUpload(std::shared_ptr<Client> client, std::string path, std::string key, std::string upload_id, When when,
             ChecksumAlgorithm algorithm);

  Task<std::string> part(int number, Body body) override;
  Task<Entry> complete(std::vector<std::string> tags) override;
  Task<void> abort() override;
  std::uint64_t part_size(std::uint64_t total_size) const override;
  std::string expected_etag(const std::vector<std::string>& tags) const override { return etag_of_parts(tags); }

  // A part taken from another object by the server itself.
  Task<std::string> copied_part(int number, CopySource source, ByteRange range);

 private:
  std::shared_ptr<Client> client_;
  std::string path_;
  std::string key_;
  std::string upload_id_;
  When when_;
  ChecksumAlgorithm algorithm_;
};

Task<std::unique_ptr<PartUpload>> start_upload(std::shared_ptr<Client> client, std::string path, std::string key,
                                               PutOptions options, bool with_checksum);

}  // namespace genro::storage::s3
