// Files in the memory of this process. Quirks:
//  - A put keeps the very bytes that it was given; a read gives them out again. Nothing is copied.
//  - Folders exist when they were made, or for as long as something is below them. The root of a mount always exists.
//  - The etag counts writes; there is no stored MD5.
#include "backends/memory/memory.h"

#include <optional>

#include "backend/body_bytes.h"
#include "backend/bytes_reader.h"
#include "backends/memory/tree.h"
#include "core/path.h"
#include "loop/give_way.h"

namespace genro::storage {
namespace {

/// The content, where it need not be put together.
std::optional<Bytes> whole(const Body& body) {
  if (body.is_file() || body.pieces().size() > 1) return std::nullopt;
  return body.pieces().empty() ? Bytes() : body.pieces().front();
}

constexpr Caps kMemoryCaps{.read = true,
                           .write = true,
                           .remove = true,
                           .make_dir = true,
                           .list = true,
                           .conditional_put = true,
                           .copy = true,
                           .rename = true,
                           .remove_tree = true,
                           .append = true,
                           .seek = true,
                           .atomic = true,
                           .temporary = true,
                           .immediate = true};

constexpr Limits kMemoryLimits{.concurrency = 1};  // a call is over before another one could help

class MemoryBackend final : public LeafBackend, private ImmediateIo {
 public:
  MemoryBackend(std::string base, Env& env)
      : base_(std::move(base)), clock_(*env.clock), tree_(MemoryTree::of_process()), born_ns_(clock_.wall_ns()) {}

  const Caps& caps() const noexcept override { return kMemoryCaps; }
  const Limits& limits() const noexcept override { return kMemoryLimits; }
  std::string_view protocol() const noexcept override { return "memory"; }
  std::string identity() const override { return "memory:" + base_; }

  Task<std::optional<Entry>> stat(std::string path) override {
    const MemoryPath place = this->place(path);
    std::optional<Entry> entry;
    if (const auto file = tree_.file(place.path)) {
      entry = entry_of(std::move(path), *file);
    } else if (const auto mtime_ns = tree_.folder_mtime(place.path); mtime_ns || place.is_mount_root()) {
      entry.emplace();
      entry->path = std::move(path);
      entry->kind = EntryKind::directory;
      entry->mtime_ns = mtime_ns && *mtime_ns != 0 ? *mtime_ns : born_ns_;
    }
    co_return entry;
  }

  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override {
    if (!options.version.empty()) throw unsupported("versioning", path);
    const auto file = tree_.file(base_.empty() ? path : path::join(base_, path));
    if (!file) throw absent("read", path);
    Entry entry = entry_of(std::move(path), *file);
    if (!options.if_match.empty() && options.if_match != entry.etag) {
      throw Error(ErrorCode::precondition_failed, "read", entry.path, "the file changed");
    }
    const ByteRange range = clamped(options.range, entry.size, entry.path);
    co_return std::make_unique<BytesReader>(std::move(entry), file->content, range);
  }

  Task<Entry> put(std::string path, Body body, PutOptions options) override {
    MemoryFile file;
    if (std::optional<Bytes> content = whole(body)) {
      file.content = *std::move(content);
    } else {
      Task<Bytes> flattening = bytes_of(std::move(body));
      file.content = co_await flattening;
    }
    file.mtime_ns = clock_.wall_ns();
    file.content_type = std::move(options.content_type);
    Entry entry;
    entry.size = file.content.size();
    entry.mtime_ns = file.mtime_ns;
    entry.content_type = file.content_type;
    entry.etag = std::to_string(tree_.put(place(path), std::move(file), options.when));
    entry.path = std::move(path);
    co_return entry;
  }

  ImmediateIo* immediate() noexcept override { return this; }

  Task<Page> list(std::string path, ListOptions options) override { co_return tree_.list(place(path), options); }

  Task<void> remove(std::string path) override {
    tree_.remove(place(path), clock_.wall_ns());
    co_return;
  }

  Task<void> remove_tree(std::string path) override {
    const StatLite there = tree_.try_stat(place(path).path);
    const bool is_folder = there.there && there.kind == EntryKind::directory;
    Task<void> removing = on_helper(is_folder ? kOneGo : 0, [&] { tree_.remove_tree(place(path), clock_.wall_ns()); });
    co_await removing;
  }

  Task<Entry> copy(std::string from, std::string to, PutOptions options) override {
    auto file = tree_.file(place(from).path);
    if (!file) throw absent("copy", from);
    file->mtime_ns = clock_.wall_ns();
    Entry entry = entry_of(to, *file);
    if (from != to) entry.etag = std::to_string(tree_.put(place(to), *std::move(file), options.when));
    co_return entry;
  }

  Task<void> rename(std::string from, std::string to) override {
    const StatLite there = tree_.try_stat(place(from).path);
    const auto rename = [&] { tree_.rename(place(from), place(to), clock_.wall_ns()); };
    const bool is_folder = there.there && there.kind == EntryKind::directory;  // all below it changes its path
    Task<void> renaming = on_helper(is_folder ? kOneGo : 0, rename);
    co_await renaming;
  }

  Task<void> append(std::string path, Body body) override {
    Bytes more;
    if (std::optional<Bytes> content = whole(body)) {
      more = *std::move(content);
    } else {
      Task<Bytes> flattening = bytes_of(std::move(body));
      more = co_await flattening;
    }
    const auto add = [&] { tree_.append(place(path), more, clock_.wall_ns()); };
    Task<void> appending = on_helper(tree_.moved_by_append(place(path), more.size()), add);
    co_await appending;
  }

  Task<void> make_dir(std::string path) override {
    tree_.make_folder(place(path), clock_.wall_ns());
    co_return;
  }

 private:
  std::optional<StatLite> try_stat(const std::string& path, bool) override {
    StatLite seen = tree_.try_stat(base_.empty() ? path : path::join(base_, path));
    if (!seen.there && path.empty()) seen = {true, EntryKind::directory, 0, 0};
    if (seen.there && seen.mtime_ns == 0) seen.mtime_ns = born_ns_;
    return seen;
  }

  std::optional<Bytes> try_read(const std::string& path, bool) override {
    return tree_.content(base_.empty() ? path : path::join(base_, path));
  }

  bool try_put(const std::string& path, const Bytes& content, bool) override {
    return tree_.replace_content(base_.empty() ? path : path::join(base_, path), content, clock_.wall_ns());
  }

  MemoryPath place(const std::string& path) const {
    if (base_.empty()) return {path, 0};
    return {path::join(base_, path), base_.size() + 1};
  }
  static Entry entry_of(std::string path, const MemoryFile& file) {
    Entry entry;
    entry.path = std::move(path);
    entry.size = file.content.size();
    entry.mtime_ns = file.mtime_ns;
    entry.etag = std::to_string(file.version);
    entry.content_type = file.content_type;
    return entry;
  }
  Error absent(const char* operation, const std::string& path) const {
    const MemoryPath place = this->place(path);
    if (tree_.folder_mtime(place.path) || place.is_mount_root()) {
      return Error(ErrorCode::is_directory, operation, path, "Is a directory");
    }
    return Error(ErrorCode::not_found, operation, path, "No such file");
  }

  std::string base_;
  Clock& clock_;
  MemoryTree& tree_;
  std::int64_t born_ns_;
};

}  // namespace

std::shared_ptr<Backend> make_memory(const MountContext& context) {
  return std::make_shared<MemoryBackend>(path::clean(context.options.text("base_path").value_or("")), context.env);
}

}  // namespace genro::storage
