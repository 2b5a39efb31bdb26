// Base classes for readers and uploads that wrap another. They forward every function; a subclass overrides what it
// changes, and a function that is added to the seam cannot be forgotten. Used by layers and by node.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "genro/storage/backend.h"

namespace genro::storage {

class ReaderWrapper : public Reader {
 public:
  explicit ReaderWrapper(std::unique_ptr<Reader> inner) : inner_(std::move(inner)) {}
  const Entry& entry() const noexcept override { return inner_->entry(); }
  std::uint64_t begin() const noexcept override { return inner_->begin(); }
  std::uint64_t size() const noexcept override { return inner_->size(); }
  Task<std::size_t> read_into(std::span<std::byte> target) override { return inner_->read_into(target); }
  Task<Bytes> read_some(std::size_t most) override { return inner_->read_some(most); }
  Task<Bytes> read_all() override { return inner_->read_all(); }
  Task<std::uint64_t> save(FileSink& file) override { return inner_->save(file); }
  const Bytes* buffered() const noexcept override { return inner_->buffered(); }
  std::optional<FileSpan> file_span() override { return inner_->file_span(); }
  bool gave_way() const noexcept override { return inner_->gave_way(); }
  std::optional<ContentChecksum> checksum() const override { return inner_->checksum(); }

 protected:
  Reader& inner() const noexcept { return *inner_; }

 private:
  std::unique_ptr<Reader> inner_;
};

class UploadWrapper : public Upload {
 public:
  explicit UploadWrapper(std::unique_ptr<Upload> inner) : inner_(std::move(inner)) {}
  Task<std::string> part(int number, Body body) override { return inner_->part(number, std::move(body)); }
  Task<Entry> complete(std::vector<std::string> tags) override { return inner_->complete(std::move(tags)); }
  Task<void> abort() override { return inner_->abort(); }
  std::uint64_t part_size(std::uint64_t total_size) const override { return inner_->part_size(total_size); }
  std::string expected_etag(const std::vector<std::string>& tags) const override { return inner_->expected_etag(tags); }

 protected:
  Upload& inner() const noexcept { return *inner_; }

 private:
  std::unique_ptr<Upload> inner_;
};

}  // namespace genro::storage
