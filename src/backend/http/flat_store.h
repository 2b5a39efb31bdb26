// FlatStore: a store of objects under keys in one place (a bucket, a container), as a Backend. A folder is what some key lies
// below; nothing is stored for it, but where a store says otherwise. What all such stores have to do in the same way is done
// here: the root, empty ranges, what a listing of nothing means, batches of removals, versions, copies, links.
// Base of the backends of such stores, which say how one object is asked for, stored, removed and copied. Thread-safe, as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/http/body_reader.h"
#include "backend/http/checksum.h"
#include "backend/http/object_client.h"
#include "backend/http/page_builder.h"
#include "genro/storage/backend.h"

namespace genro::storage {

/// What is different between stores, in numbers and words.
struct FlatFacts {
  std::string_view root;          ///< what they call the place of a mount, for errors: "bucket"
  std::uint32_t page_max = 1000;  ///< keys of a page of a listing
  int link_days = 7;              ///< how long a link can be good
};

/// A page that is asked for. The prefix is of whole keys.
struct FlatQuery {
  std::string prefix;
  bool recursive = false;   ///< else only what lies in the folder itself, and its folders
  bool names_only = false;  ///< paths and kinds are enough
  std::uint32_t limit = 0;  ///< 1 to FlatFacts::page_max
  std::string token;        ///< of the page before; "" = first page
};

class FlatStore : public LeafBackend, private ServerCopy, private KeyRule {
 public:
  const Caps& caps() const noexcept final { return caps_; }
  Task<std::optional<Entry>> stat(std::string path) final;
  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) final;
  Task<Entry> put(std::string path, Body body, PutOptions options) final;
  Task<Page> list(std::string path, ListOptions options) final;
  Task<void> remove(std::string path) final;
  Task<std::vector<RemoveFailure>> remove_many(std::vector<std::string> paths) final;
  Task<std::unique_ptr<Upload>> upload(std::string path, PutOptions options) final;
  Task<Entry> copy(std::string from, std::string to, PutOptions options) final;
  Task<std::vector<Version>> versions(std::string path) final;
  Task<void> remove_version(std::string path, std::string version_id) final;
  Task<std::vector<VersionFailure>> remove_versions(std::string path, std::vector<std::string> version_ids) final;
  Task<void> set_metadata(std::string path, Metadata metadata) final;
  Task<std::optional<std::string>> url(std::string path, UrlOptions options) final;
  ServerCopy* server_copy() noexcept final { return this; }
  const KeyRule* key_rule() const noexcept final { return this; }

 protected:
  /// `prefix`: the mount's own part of every key; "" or with '/' at its end.
  FlatStore(FlatFacts facts, Caps caps, std::string prefix);

  const std::string& prefix() const noexcept { return prefix_; }
  std::string key_of(const std::string& path) const { return prefix_ + path; }
  /// What the keys below a folder begin with.
  std::string folder_key(const std::string& path) const { return path.empty() ? prefix_ : key_of(path) + "/"; }
  /// For the root where a file has to be.
  Error root_is_folder(std::string_view operation, const std::string& path) const;

  // To be implemented by a store. Paths are not "" except those of folders, lists of paths are not empty, and every
  // `operation` is a string literal.

  /// What is stored under the key itself. `which` may name a version, and an etag that it must have.
  virtual Task<std::optional<Entry>> find(std::string path, ReadOptions which, std::string_view operation) = 0;
  /// Whether a folder is there that nothing lies below: for stores that keep folders. By default there is none.
  virtual Task<bool> keeps_folder(std::string path, std::string_view operation);
  /// Nothing where there is no such place and the context takes absence for an answer.
  virtual Task<std::optional<ObjectPage>> page(FlatQuery query, RequestContext context) = 0;
  /// The response to a GET; its range is never empty. The arguments outlive the task, so that it needs no coroutine frame.
  virtual Task<std::unique_ptr<HttpResponse>> open(const std::string& path, const ReadOptions& options) = 0;
  /// Throws where the answer is not what was asked for. By default for another etag.
  virtual void check_opened(const HttpHead& head, const ReadOptions& options, const std::string& path) const;
  virtual HttpBodyReader::EntryOf entry_maker() const noexcept = 0;
  /// The checksum of what this answer brings; unknown where there is none, or none is to be looked at.
  virtual Checksum expected_of(const HttpHead& head, const ByteRange& range) const = 0;
  virtual Task<Entry> put_object(std::string path, Body body, PutOptions options) = 0;
  virtual Task<std::unique_ptr<Upload>> begin_upload(std::string path, PutOptions options) = 0;
  /// The current content where `version` is "". Absent is success.
  virtual Task<void> remove_object(std::string path, std::string version, std::string_view operation) = 0;
  /// Whether a path has to be removed by remove_object(): no request for several can have it. By default none.
  virtual bool goes_alone(const std::string& path) const;
  /// At most Limits::remove_batch_max paths, none of which goes alone. By default side by side.
  virtual Task<std::vector<RemoveFailure>> remove_some(std::vector<std::string> paths);
  /// The same for versions of one path. By default one by one.
  virtual Task<std::vector<VersionFailure>> remove_some_versions(std::string path,
                                                                 std::vector<std::string> version_ids);
  /// `source` is this or another store of the same type and account, and outlives the task.
  virtual Task<Entry> copy_object(const FlatStore& source, std::string from, std::string to, PutOptions options) = 0;
  /// Whether one server can copy between them. `other` is of the same type.
  virtual bool same_account(const FlatStore& other) const noexcept = 0;
  virtual Task<void> replace_metadata(std::string path, Metadata metadata) = 0;
  /// As Backend::versions.
  virtual Task<std::vector<Version>> history(std::string path) = 0;
  /// A link for GET or PUT.
  virtual Task<std::string> link(std::string path, UrlOptions options) = 0;

 private:
  bool reaches(const Backend& source) const noexcept final;
  Task<Entry> copy_from(std::shared_ptr<Backend> source, std::string from, std::string to, PutOptions options) final;
  Task<bool> is_folder(std::string path);
  Task<std::unique_ptr<Reader>> read_nothing(std::string path, ReadOptions options);
  Task<void> explain_nothing(std::string path);
  void require_versions(std::string_view operation, const std::string& path) const;

  const FlatFacts facts_;
  const Caps caps_;
  const std::string prefix_;
};

/// A version that no server could have given: servers call it an invalid argument, we call it absent. Other errors as they are.
Error version_error(const Error& error, const std::string& version);

}  // namespace genro::storage
