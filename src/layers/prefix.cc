#include "layers/prefix.h"

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "backend/lister.h"
#include "backend/wrappers.h"
#include "core/path.h"
#include "layers/layer.h"

namespace genro::storage {
namespace {

std::string outside(std::string_view path, std::string_view folder) {
  // A backend whose path is its content (base64) answers with a path of its own making: it stays as it is.
  return std::string(path::is_within(path, folder) ? path::relative_to(path, folder) : path);
}

/// A reader whose entry is named as the relative mount names it.
class PrefixReader final : public ReaderWrapper {
 public:
  PrefixReader(std::unique_ptr<Reader> inner, std::string_view folder)
      : ReaderWrapper(std::move(inner)), entry_(this->inner().entry()) {
    entry_.path = outside(entry_.path, folder);
  }
  const Entry& entry() const noexcept override { return entry_; }

 private:
  Entry entry_;
};

Task<Entry> renamed(Task<Entry> inner, std::string folder) {
  Entry entry = co_await inner;
  entry.path = outside(entry.path, folder);
  co_return entry;
}

class PrefixUpload final : public UploadWrapper {
 public:
  PrefixUpload(std::unique_ptr<Upload> inner, std::string folder)
      : UploadWrapper(std::move(inner)), folder_(std::move(folder)) {}
  Task<Entry> complete(std::vector<std::string> tags) override {
    return renamed(inner().complete(std::move(tags)), folder_);
  }

 private:
  std::string folder_;
};

class PrefixStagedFile final : public StagedFile {
 public:
  PrefixStagedFile(std::unique_ptr<StagedFile> inner, std::string folder)
      : inner_(std::move(inner)), folder_(std::move(folder)) {}
  int descriptor() const noexcept override { return inner_->descriptor(); }
  Task<Entry> commit() override { return renamed(inner_->commit(), folder_); }

 private:
  std::unique_ptr<StagedFile> inner_;
  std::string folder_;
};

Task<void> clean_below(std::shared_ptr<Backend> inner, std::string below, std::string folder, double older_than,
                       std::vector<std::string>* removed) {
  std::vector<std::string> found;
  Task<void> cleaning = inner->clean(std::move(below), older_than, &found);
  const Result<void> cleaned = co_await cleaning.as_result();
  for (const std::string& path : found) removed->push_back(outside(path, folder));
  if (!cleaned.ok()) std::rethrow_exception(cleaned.exception());
}

/// The root of a relative mount is a folder of its parent, which would go with what is in it.
Task<void> empty_folder(std::shared_ptr<Backend> inner, std::string folder) {
  Lister lister(inner, std::move(folder), {.names_only = true});
  Task<std::vector<Entry>> listing = lister.all();
  Result<std::vector<Entry>> listed = co_await listing.as_result();
  if (!listed.ok() && listed.error().code() == ErrorCode::not_found) co_return;
  std::vector<Entry> children = std::move(listed).take();
  children.insert(children.end(), lister.unnamable().begin(), lister.unnamable().end());
  for (Entry& child : children) {
    Task<void> removing = inner->remove_tree(std::move(child.path));
    co_await removing;
  }
}

class PrefixLayer final : public Layer<PrefixLayer>, private ImmediateIo, private KeyRule {
 public:
  PrefixLayer(std::shared_ptr<Backend> parent, std::string folder)
      : Layer(parent, parent->caps()), folder_(std::move(folder)) {}

  /// Another folder is another place: copy() takes both of its paths below this one.
  std::string identity() const override {
    std::string place = inner_->identity();
    if (!place.empty() && !folder_.empty()) place += '\n' + folder_;
    return place;
  }
  Task<void> close() override { return ready(); }  // the parent mount is used by others
  const std::string& folder() const noexcept { return folder_; }
  Task<void> clean(std::string folder, double older_than, std::vector<std::string>* removed) override {
    return clean_below(inner_, map(std::move(folder)), folder_, older_than, removed);
  }
  Task<void> remove_tree(std::string path) override {
    if (path.empty() && !folder_.empty()) return empty_folder(inner_, folder_);
    return Layer::remove_tree(std::move(path));
  }
  ImmediateIo* immediate() noexcept override { return inner_->immediate() ? this : nullptr; }
  BulkTransfer* bulk() noexcept override { return nullptr; }       // their paths are those of the store itself, and its
  ServerCopy* server_copy() noexcept override { return nullptr; }  // users ask that
  const KeyRule* key_rule() const noexcept override { return inner_->key_rule() ? this : nullptr; }

 private:
  friend Layer;
  static constexpr bool kRestores = true;
  std::string map(std::string path) const {
    if (folder_.empty() && caps().content_addressed) return path;  // a content, in which slashes count
    if (!path::is_clean(path))
      throw Error(ErrorCode::invalid_path, "", path, "Parent directory traversal or unclean path");
    return path::join(folder_, path);
  }
  void restore(Entry& entry) const { entry.path = outside(entry.path, folder_); }
  void restore(std::optional<Entry>& entry) const {
    if (entry) restore(*entry);
  }
  void restore(Page& page) const {
    for (Entry& entry : page.entries) restore(entry);
  }
  void restore(std::vector<RemoveFailure>& failures) const {
    for (RemoveFailure& failure : failures) failure.path = outside(failure.path, folder_);
  }
  void restore(std::unique_ptr<Reader>& reader) const {
    reader = std::make_unique<PrefixReader>(std::move(reader), folder_);
  }
  void restore(std::unique_ptr<Upload>& upload) const {
    upload = std::make_unique<PrefixUpload>(std::move(upload), folder_);
  }
  void restore(std::unique_ptr<StagedFile>& staged) const {
    staged = std::make_unique<PrefixStagedFile>(std::move(staged), folder_);
  }

  // Never an error: what map() refuses, the task explains.
  std::optional<StatLite> try_stat(const std::string& path, bool may_block) override {
    return path::is_clean(path) ? inner_->immediate()->try_stat(map(path), may_block) : std::nullopt;
  }
  std::optional<Bytes> try_read(const std::string& path, bool may_block) override {
    return path::is_clean(path) ? inner_->immediate()->try_read(map(path), may_block) : std::nullopt;
  }
  bool try_put(const std::string& path, const Bytes& content, bool may_block) override {
    return path::is_clean(path) && inner_->immediate()->try_put(map(path), content, may_block);
  }
  std::string_view fault_of(std::string_view path) const noexcept override {
    return inner_->key_rule()->fault_of(path::join(folder_, path));
  }

  std::string folder_;
};

}  // namespace

std::shared_ptr<Backend> with_prefix(std::shared_ptr<Backend> parent, std::string_view folder) {
  return std::make_shared<PrefixLayer>(std::move(parent), path::clean(folder));
}

std::optional<std::string> own_prefix(const Backend& backend) {
  const auto* layer = dynamic_cast<const PrefixLayer*>(&backend);
  return layer ? std::optional(layer->folder()) : std::nullopt;
}

}  // namespace genro::storage
