// Files below one folder of this machine. Quirks:
//  - Links inside the folder are followed, those that lead out are refused; remove() and rename() act on the link itself.
//  - A write replaces the file, so owner, ACLs and other hard links do not stay; permission bits do. append() is in place.
//  - FIFOs, sockets and devices are listed as `other` and never opened for their content.
//  - The etag is time, size and inode. Whoever changes a file in place within one tick of the clock can leave it as it was.
// A call that serves itself makes plain system calls. In a loop, stat and small reads ask the kernel not to wait for the
// disk, and only what it does not have in memory goes to a helper thread, as does everything else.
#include "backends/local/local.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "backend/bulk_transfer.h"
#include "backend/bytes_reader.h"
#include "backends/local/append.h"
#include "backends/local/atomic_write.h"
#include "backends/local/batch.h"
#include "backends/local/change.h"
#include "backends/local/clean.h"
#include "backends/local/generated_file.h"
#include "backends/local/list.h"
#include "backends/local/quick_io.h"
#include "backends/local/reader.h"
#include "backends/local/rooted_path.h"
#include "backends/local/spelling.h"
#include "backends/local/staged_file.h"
#include "backends/local/unfinished.h"
#include "backends/local/upload.h"
#include "core/path.h"
#include "loop/offload.h"

namespace genro::storage {
namespace {

constexpr Caps kLocalCaps{.read = true,
                          .write = true,
                          .remove = true,
                          .make_dir = true,
                          .list = true,
                          .conditional_put = true,
                          .upload = true,
                          .stage = true,
                          .copy = true,
                          .rename = true,
                          .append = true,
                          .seek = true,
                          .atomic = true,
                          .hard_links = true};
constexpr std::uint64_t kAtOnce = 1 << 20;  // smaller contents are written or read by one job
constexpr std::size_t kRemovals = 64;       // by one job

class LocalBackend final : public LeafBackend, private BulkTransfer, private ImmediateIo {
 public:
  template <class Where>
  LocalBackend(Where base, std::optional<std::string> base_url, bool durable, Env& env)
      : env_(env),
        files_(*env.files),
        base_(std::move(base), env),
        base_url_(std::move(base_url)),
        durable_(durable),
        leftovers_(env) {}

  const Caps& caps() const noexcept override { return kLocalCaps; }
  /// FUSE, NFS, …, and where nobody knows.
  bool waits() const noexcept override { return base_.pace()->waits_for_others(); }
  std::string_view protocol() const noexcept override { return "local"; }
  std::string identity() const override { return base_.fixed() ? "local:" + base_.folder() : std::string(); }

  Task<std::optional<Entry>> stat(std::string path) override {
    Context& context = co_await current_context();
    local::check_path("stat", path);
    std::optional<Entry> entry;
    struct stat status{};
    local::Look look = local::Look::unclear;
    if (context.caller_driven) {
      if (base_.fixed()) look = local::try_stat_file(files_, base_, path, false, status);
    } else if (base_.quick()) {
      look =
          base_.pace()->ask_here(*env_.clock, [&] { return local::try_stat_file(files_, base_, path, true, status); });
    }
    if (look == local::Look::found) entry = local::entry_of(path, status);
    if (look != local::Look::unclear) co_return entry;
    auto looking =
        offload([this, &path] { return base_.pace()->ask_elsewhere(*env_.clock, [&] { return stat_now(path); }); });
    entry = co_await looking;
    co_return entry;
  }

  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override {
    if (!options.version.empty()) throw unsupported("versioning", path);
    local::check_path("read", path);
    Context& context = co_await current_context();
    local::OpenFile opened;
    int error = -EAGAIN;
    if (context.caller_driven) {
      if (base_.fixed()) error = local::try_open(files_, base_.root(), path, false, opened);
    } else if (base_.quick()) {
      error = base_.pace()->ask_here(*env_.clock,
                                     [&] { return local::try_open(files_, base_.root(), path, true, opened); });
    }
    if (error == -EAGAIN || error == -ENOENT) {
      auto opening = offload([&] {
        error = base_.pace()->ask_elsewhere(*env_.clock, [&] { return open_now(path, context.caller_driven, opened); });
      });
      co_await opening;
    }
    if (error == -ENOTDIR) error = -ENOENT;  // below a file there is nothing
    if (error < 0) throw local::failure(error, "read", path);
    if (S_ISDIR(opened.status.st_mode)) throw local::failure(-EISDIR, "read", path);
    if (!S_ISREG(opened.status.st_mode)) throw local::failure(-ENXIO, "read", path);
    if (local::may_lie(opened.status) && !is_empty(opened, context)) {
      auto reading =
          offload([&] { return local::content_beyond_size(files_, opened.file.number(), opened.status, path); });
      if (const std::optional<Bytes> content = co_await reading) {
        opened.status.st_size = static_cast<off_t>(content->size());
        Entry entry = local::entry_of(path, opened.status);
        const ByteRange range = clamped(options.range, content->size(), path);
        co_return std::make_unique<BytesReader>(std::move(entry), *content, range);
      }
    }
    co_return std::make_unique<local::LocalReader>(files_, std::move(opened), std::move(path), options, base_.pace(),
                                                   base_.threads());
  }

  Task<Entry> put(std::string path, Body body, PutOptions options) override {
    Entry entry;
    // A file that holds the content may lie on another disk, and take its time: not at the cost of this mount's threads.
    ThreadShare& threads = body.is_file() ? ThreadShare::general() : base_.threads();
    if (body.size() <= kAtOnce) {
      auto writing = storage::offload([&] { return write_now(path, body, std::move(options)); }, threads);
      entry = co_await writing;
      co_return entry;
    }
    Context& context = co_await current_context();
    std::unique_ptr<local::AtomicWrite> target;
    auto opening = offload([&] { target = atomic_write(path, std::move(options), body.size()); });
    co_await opening;
    for (std::uint64_t done = 0; done < body.size(); done += local::kPiece) {
      local::require_time(context);
      auto writing = storage::offload(
          [&] { target->append(body.slice(done, std::min(local::kPiece, body.size() - done))); }, threads);
      co_await writing;
    }
    local::require_time(context);
    auto finishing = offload([&] { return target->commit(); });
    entry = co_await finishing;
    co_return entry;
  }

  Task<Page> list(std::string path, ListOptions options) override {
    auto listing = offload([&] {
      return base_.run(path, false,
                       [&](const local::RootedPath& place) { return local::list_page(files_, place, path, options); });
    });
    Page page = co_await listing;
    co_return page;
  }

  Task<void> remove(std::string path) override {
    auto removing = offload([&] {
      local::FolderSyncs syncs(files_);
      remove_now(path, syncs);
      syncs.sync();
    });
    co_await removing;
  }

  /// Each folder is synced once for all that it lost.
  Task<std::vector<RemoveFailure>> remove_many(std::vector<std::string> paths) override {
    Context& context = co_await current_context();
    std::vector<RemoveFailure> failures;
    local::FolderSyncs syncs(files_);
    for (std::size_t done = 0; done < paths.size();) {
      local::require_time(context);
      auto removing = offload([&] {
        for (const std::size_t end = std::min(done + kRemovals, paths.size()); done < end; ++done) {
          try {
            remove_now(paths[done], syncs);
          } catch (const Error& error) {
            failures.push_back({paths[done], error});
          }
        }
        if (done == paths.size()) syncs.sync();
      });
      co_await removing;
    }
    co_return failures;
  }

  Task<std::unique_ptr<Upload>> upload(std::string path, PutOptions options) override {
    std::unique_ptr<Upload> upload;
    auto opening = offload([&] {
      const auto make = [this, path, options] { return atomic_write(path, options, local::AtomicWrite::kUnknown); };
      upload = std::make_unique<local::LocalUpload>(make, path, base_.pace(), base_.threads());
    });
    co_await opening;
    co_return upload;
  }

  Task<std::unique_ptr<StagedFile>> stage(std::string path, PutOptions options) override {
    std::unique_ptr<StagedFile> staged;
    auto opening = offload([&] {
      staged = std::make_unique<local::LocalStagedFile>(
          atomic_write(path, std::move(options), local::AtomicWrite::kUnknown), base_.pace(), base_.threads());
    });
    co_await opening;
    co_return staged;
  }

  Task<Entry> copy(std::string from, std::string to, PutOptions options) override {
    Context& context = co_await current_context();
    Source source(files_, base_.pace());
    std::unique_ptr<local::AtomicWrite> target;
    auto opening = offload([&] {
      open_source(from, context.caller_driven, source);
      // The copy keeps time and permission bits.
      struct stat& status = source.opened.status;
      if (options.mtime_ns == Entry::kNoTime) options.mtime_ns = local::mtime_ns_of(status);
      if (options.mode == 0) options.mode = status.st_mode & 07777;
      const std::optional<Bytes> content = local::content_beyond_size(files_, source.descriptor(), status, from);
      if (content) status.st_size = static_cast<off_t>(content->size());
      target = atomic_write(to, std::move(options), source.size());
      if (content) target->append(*content);
      if (content) return true;
      return target->clone(source.descriptor(), source.size());
    });
    std::uint64_t done = 0;
    if (co_await opening) done = source.size();
    while (done < source.size()) {
      local::require_time(context);
      auto copying = offload([&] {
        const auto piece = static_cast<std::size_t>(std::min(local::kPiece, source.size() - done));
        return target->append_from(source.descriptor(), done, piece);
      });
      const std::size_t count = co_await copying;
      if (count == 0) throw Error(ErrorCode::truncated, "copy", from, "the file became shorter while it was copied");
      done += count;
    }
    local::require_time(context);
    auto finishing = offload([&] { return target->commit(); });
    Entry entry = co_await finishing;
    co_return entry;
  }

  Task<void> rename(std::string from, std::string to) override {
    auto renaming = offload([&] {
      base_.run(to, true, [&](const local::RootedPath& target) {
        const local::RootedPath source = base_.place(from, false);
        local::rename(files_, source, from, target, to, durable_);
      });
    });
    co_await renaming;
  }

  Task<void> append(std::string path, Body body) override {
    return local::append(base_, env_, std::move(path), std::move(body), durable_);
  }

  Task<void> make_dir(std::string path) override {
    auto making = offload([&] {
      const std::uint64_t seen = base_.generation();
      if (path.empty() && base_.removed() && base_.refresh(true, seen)) return;
      base_.run(path, true, [&](const local::RootedPath& place) { local::make_dir(files_, place, path, durable_); });
    });
    co_await making;
  }

  Task<void> clean(std::string folder, double older_than, std::vector<std::string>* removed) override {
    return local::clean(base_, env_, std::move(folder), older_than, removed);
  }

  Task<std::optional<std::string>> url(std::string path, UrlOptions) override {
    if (!base_url_) co_return std::nullopt;
    co_return *base_url_ + "/" + path;
  }

  std::optional<std::string> local_file(std::string path) override { return base_.absolute(path); }

  ImmediateIo* immediate() noexcept override { return this; }
  BulkTransfer* bulk() noexcept override { return this; }

 private:
  bool takes_from(const Backend& other) const noexcept override {
    const auto* local = dynamic_cast<const LocalBackend*>(&other);
    return local && local->base_.fixed() && base_.fixed() && &local->files_ == &files_;
  }
  ThreadShare& threads() noexcept override { return base_.threads(); }
  std::vector<Entry> list_names(const std::string& path) override {
    return base_.run(path, false,
                     [&](const local::RootedPath& place) { return local::list_names(files_, place, path); });
  }
  std::optional<std::vector<std::string>> paths_in(const std::string& path, std::size_t most) override {
    return base_.run(path, false,
                     [&](const local::RootedPath& place) { return local::paths_in(files_, place, path, most); });
  }
  bool folds_names(const std::string& path) override {
    return base_.run(path, false, [&](const local::RootedPath& place) { return local::folds_names(env_, place); });
  }
  void make_folder(const std::string& path, std::uint32_t mode) override {
    base_.run(path, true, [&](const local::RootedPath& place) { local::make_dir(files_, place, path, false, mode); });
  }
  std::uint32_t folder_mode(const std::string& path) override {
    return base_.run(path, false, [&](const local::RootedPath& place) { return local::folder_mode(files_, place); });
  }
  void set_folder_mode(const std::string& path, std::uint32_t mode) override {
    base_.run(path, false, [&](const local::RootedPath& place) { local::set_folder_mode(files_, place, mode); });
  }
  void sync_folders(const std::vector<std::string>& paths) override {
    if (durable_) local::sync_folders(files_, base_.root(), paths);
  }
  std::vector<Left> copy_files(Backend& other, const std::vector<Folder>& folders,
                               const std::atomic<bool>& stop) override {
    local::BatchCopy batch(env_, dynamic_cast<LocalBackend&>(other).base_.root(), base_.root(), durable_);
    return batch.run(folders, stop);
  }
  bool rename_from(Backend& other, const std::string& from, const std::string& to) override {
    const local::Base& source = dynamic_cast<LocalBackend&>(other).base_;
    return base_.run(to, true, [&](const local::RootedPath& target) {
      return local::take_over(files_, source.place(from, false), from, target, to, durable_);
    });
  }
  std::optional<StatLite> try_stat(const std::string& path, bool may_block) override {
    struct stat status{};
    if (!may_block || !base_.fixed() || path.find('\0') != std::string::npos) return std::nullopt;
    const local::Look look = local::try_stat_file(files_, base_, path, false, status);
    if (look == local::Look::unclear) return std::nullopt;
    return look == local::Look::found ? local::stat_lite_of(status) : StatLite();
  }

  std::optional<Bytes> try_read(const std::string& path, bool may_block) override {
    if (!may_block || !base_.fixed() || path.find('\0') != std::string::npos) return std::nullopt;
    return local::try_read(files_, base_.root(), path, kAtOnce);
  }
  bool try_put(const std::string&, const Bytes&, bool) override { return false; }  // it may have to be synced

  /// Whether it is certain without waiting for a disk that a file which says so is empty.
  bool is_empty(const local::OpenFile& opened, const Context& context) {
    std::byte more{};
    if (opened.status.st_size != 0) return false;
    if (context.caller_driven) return files_.pread(opened.file.number(), {&more, 1}, 0) == 0;
    return opened.quick && files_.pread_cached(opened.file.number(), {&more, 1}, 0) == 0;
  }

  struct Source {
    Source(Files& of, std::shared_ptr<local::Pace> mount) : files(of), pace(std::move(mount)) {}
    ~Source() {
      if (opened.file) local::close_without_waiting(files, opened.file.release(), opened.quick, std::move(pace));
    }
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    Files& files;
    std::shared_ptr<local::Pace> pace;
    local::OpenFile opened;
    int descriptor() const noexcept { return opened.file.number(); }
    std::uint64_t size() const noexcept { return static_cast<std::uint64_t>(opened.status.st_size); }
  };

  /// All of it is work of the mount, on the threads that it has.
  template <class F>
  Offload<F> offload(F function) {
    return storage::offload(std::move(function), base_.threads());
  }

  std::optional<Entry> stat_now(const std::string& path) {
    try {
      const std::uint64_t seen = base_.generation();
      if (path.empty() && base_.removed() && !base_.refresh(false, seen)) return std::nullopt;
      const auto look = [&](const local::RootedPath& place) { return local::stat(files_, place, path); };
      std::optional<Entry> entry = base_.run(path, false, look);
      if (!entry && base_.refresh(false, seen)) entry = base_.run(path, false, look);
      return entry;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::not_found) return std::nullopt;  // the base of a dynamic mount is not there
      throw;
    }
  }

  void remove_now(const std::string& path, local::FolderSyncs& syncs) {
    try {
      base_.run(path, false, [&](const local::RootedPath& place) {
        local::remove(files_, place, path, durable_ ? &syncs : nullptr);
      });
    } catch (const Error& error) {
      if (base_.fixed() || error.code() != ErrorCode::not_found) throw;  // else the base is not there
    }
  }

  /// 0 or -errno.
  int open_now(const std::string& path, bool caller_waits, local::OpenFile& opened) {
    return base_.run(path, false, [&](const local::RootedPath& place) {
      const int descriptor = files_.open_beneath(place.root, place.below, local::kOpenToRead, 0, false);
      if (descriptor == -ENOENT) throw local::failure(descriptor, "read", path);
      if (descriptor < 0) return descriptor;
      opened.file = local::Descriptor(files_, descriptor);
      const int error = files_.stat(descriptor, opened.status);
      opened.quick = caller_waits || (error == 0 && base_.serves_quickly(descriptor, opened.status));
      return error;
    });
  }

  void open_source(const std::string& path, bool caller_waits, Source& source) {
    local::check_path("copy", path);
    int error = open_now(path, caller_waits, source.opened);
    if (error == -ENOTDIR) error = -ENOENT;
    if (error < 0) throw local::failure(error, "copy", path);
    if (S_ISDIR(source.opened.status.st_mode)) throw local::failure(-EISDIR, "copy", path);
    if (!S_ISREG(source.opened.status.st_mode)) throw local::failure(-ENXIO, "copy", path);
  }

  std::unique_ptr<local::AtomicWrite> atomic_write(const std::string& path, PutOptions options, std::uint64_t size) {
    return base_.run(path, true, [&](const local::RootedPath& place) {
      auto target =
          std::make_unique<local::AtomicWrite>(env_, place, path, local::AtomicWrite::Plan{options, size, durable_});
      leftovers_.clear(target->folder());
      return target;
    });
  }

  Entry write_now(const std::string& path, const Body& body, PutOptions options) {
    const std::unique_ptr<local::AtomicWrite> target = atomic_write(path, std::move(options), body.size());
    target->append(body);
    return target->commit();
  }

  Env& env_;
  Files& files_;
  local::Base base_;
  std::optional<std::string> base_url_;  // without slashes at its end
  bool durable_;
  local::Leftovers leftovers_;
};

}  // namespace

std::shared_ptr<Backend> make_local(const MountContext& context) {
  const MountOptions& options = context.options;
  std::optional<std::string> base_url = options.text("base_url");
  while (base_url && base_url->ends_with('/')) base_url->pop_back();
  const bool durable = options.flag("durable").value_or(true);
  const ConfigValue* base = options.find("base_path");
  if (const auto* resolver = base ? std::get_if<BaseResolver>(&base->get()) : nullptr) {
    return std::make_shared<LocalBackend>(*resolver, std::move(base_url), durable, context.env);
  }
  return std::make_shared<LocalBackend>(options.required_text("base_path"), std::move(base_url), durable, context.env);
}

}  // namespace genro::storage
