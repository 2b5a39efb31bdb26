// Node::local_path. Refusals come with the call itself; open() is the first to touch the storage.
#include "genro/storage/local_path.h"

#include <optional>
#include <utility>

#include "backend/reader.h"
#include "backend/temp_file.h"
#include "core/env.h"
#include "core/mutex.h"
#include "genro/storage/node.h"
#include "loop/offload.h"
#include "node/encryption/encryption.h"
#include "node/guard.h"
#include "node/stored_content.h"

namespace genro::storage {
namespace {

constexpr std::size_t kDownloadPiece = 1 << 20;

enum class Use : unsigned char { read, write, update };

Use use_of(std::string_view mode) {
  if (mode == "r") return Use::read;
  if (mode == "w") return Use::write;
  if (mode == "rw") return Use::update;
  throw Error(ErrorCode::invalid_argument, "local_path", "",
              "invalid mode: '" + std::string(mode) + "' (use 'r', 'w' or 'rw')");
}

}  // namespace

/// What an operation in flight needs it holds by itself: close() may come in the middle of one, on another thread.
struct LocalPath::State {
  MountPointer mount;
  std::string path;
  std::string suffix;
  PutOptions put;                            // what the upload is stored with
  std::optional<EncryptionPlan> encryption;  // what it is encrypted with, once it is open
  Use use = Use::read;

  Files& files() const { return mount->files ? *mount->files : *Env::system().files; }
  Error refusal(const char* why) const { return failure(ErrorCode::invalid_argument, "local_path", *mount, path, why); }
  std::string opened() {
    const std::lock_guard lock(mutex_);
    return opened_;
  }
  /// Null on a local mount and when it is not open.
  std::shared_ptr<TempFile> copied() {
    const std::lock_guard lock(mutex_);
    return copied_;
  }
  void set(std::string opened, std::shared_ptr<TempFile> copied) {
    const std::lock_guard lock(mutex_);
    opened_.swap(opened);
    copied_.swap(copied);
  }

 private:
  Mutex mutex_;
  std::string opened_;                // "" = not open
  std::shared_ptr<TempFile> copied_;  // removed when the last operation lets go of it
};

namespace {

using StatePointer = std::shared_ptr<LocalPath::State>;
using TempFilePointer = std::shared_ptr<TempFile>;

std::int64_t now_ns() { return Env::system().clock->wall_ns(); }

Task<void> download(std::unique_ptr<Reader> reader, TempFilePointer target) {
  BytesBuffer buffer(kDownloadPiece);
  std::uint64_t done = 0;
  for (;;) {
    Task<std::size_t> filling = fill(*reader, buffer.span());
    const std::size_t size = co_await filling;
    if (size == 0) break;
    auto writing = offload([&] { target->write_at(done, buffer.span().first(size)); });
    co_await writing;
    done += size;
  }
}

/// What is there, as plaintext. "rw" of a missing file begins empty: without a reader.
Task<PeekedReader> look(StatePointer state) {
  Task<PeekedReader> opening = open_peeked(state->mount, state->path, {});
  Result<PeekedReader> opened = co_await opening.as_result();
  if (opened.ok()) co_return std::move(opened).take();
  if (state->use == Use::update && opened.error().code() == ErrorCode::not_found) co_return PeekedReader();
  std::rethrow_exception(opened.exception());
}

/// The content into the temporary file; gives the source's time. What comes back will be stored as the content is now.
Task<std::int64_t> fetch(StatePointer state, PeekedReader source, TempFilePointer target) {
  if (!source.reader) co_return Entry::kNoTime;
  Task<Entry> describing = described(state->mount, state->path, source.reader->entry());
  const Entry entry = co_await describing;
  if (!entry.content_type.empty()) state->put.content_type = entry.content_type;
  state->put.metadata = entry.metadata;
  if (source.domain && !state->encryption) state->encryption = plan_under(*state->mount, *source.domain);
  Task<void> downloading = download(std::move(source.reader), std::move(target));
  co_await downloading;
  co_return entry.mtime_ns;
}

/// Whether other programs may have the very file of a local mount: not where that would show or leave what it should not.
Task<bool> is_plain_file(StatePointer state) {
  if (state->use != Use::read && encrypts(*state->mount, {})) co_return false;
  if (state->use == Use::write || !may_encrypt(*state->mount)) co_return true;
  Task<std::optional<std::string>> looking = domain_of(state->mount, state->path);
  const std::optional<std::string> domain = co_await looking;
  co_return !domain;
}

Task<std::string> open_path(StatePointer state) {
  if (!state->opened().empty()) throw state->refusal("it is open already");
  auto resolving = offload([&] { return state->mount->backend->local_file(state->path); });
  std::optional<std::string> file = co_await resolving;
  if (file) {
    Task<bool> looking = is_plain_file(state);
    if (co_await looking) {
      state->set(*file, nullptr);
      co_return std::move(*file);
    }
  }
  state->encryption = plan_for(*state->mount, {});
  PeekedReader source;
  if (state->use != Use::write) {
    Task<PeekedReader> looking = look(state);
    source = co_await looking;
  }
  TempFilePointer copied;
  auto making = offload([&] { copied = std::make_shared<TempFile>(state->files(), state->suffix); });
  co_await making;
  Task<std::int64_t> fetching = fetch(state, std::move(source), copied);
  const std::int64_t mtime_ns = co_await fetching;
  auto marking = offload([&] { copied->mark(mtime_ns, now_ns()); });
  co_await marking;
  state->set(copied->path(), copied);
  co_return copied->path();
}

Task<void> upload(StatePointer state) {
  if (state->opened().empty()) throw state->refusal("it is not open");
  const TempFilePointer copied = state->copied();
  if (!copied || state->use == Use::read) co_return;
  FileSpan file;
  bool changed = false;
  auto looking = offload([&] {
    file.descriptor = copied->reopen();
    changed = copied->changed(*file.descriptor, file.size);
  });
  co_await looking;
  if (!changed) co_return;
  try {
    Body content(std::move(file));
    if (state->encryption) {
      auto reading = offload([&content] { return content.flatten(); });
      Bytes plain = co_await reading;
      Task<Bytes> encrypting = encrypt_content(state->mount, *state->encryption, std::move(plain));
      content = co_await encrypting;
    }
    Task<Entry> storing = store(state->mount, state->path, std::move(content), state->put);
    co_await storing;
  } catch (const Error& error) {
    throw located(error, "local_path", *state->mount, state->path);
  }
  auto marking = offload([&] { copied->mark(Entry::kNoTime, now_ns()); });
  co_await marking;
}

}  // namespace

LocalPath& LocalPath::operator=(LocalPath&& other) noexcept {
  close();
  state_ = std::move(other.state_);
  return *this;
}
LocalPath::~LocalPath() { close(); }

Task<std::string> LocalPath::open() { return open_path(state_); }
Task<void> LocalPath::commit() { return upload(state_); }
std::string LocalPath::path() const { return state_->opened(); }

void LocalPath::close() noexcept {
  if (state_) state_->set({}, nullptr);
}

LocalPath Node::local_path(std::string_view mode) const {
  auto state = std::make_shared<LocalPath::State>();
  state->use = use_of(mode);
  state->mount = mount_or_detached();
  state->path = path_;
  state->suffix = suffix();
  if (!encrypts(*mount_or_detached(), {})) state->put.content_type = stored_type(*this);
  if (detached()) throw state->refusal("the node belongs to no mount");
  if (state->use != Use::read) {
    require_keys(*state->mount, plan_for(*state->mount, {}), "local_path", path_);
    require_write(*state->mount, "local_path", path_);
    if (state->mount->caps.content_addressed) {
      throw failure(ErrorCode::unsupported, "local_path", *state->mount, path_,
                    "a " + state->mount->protocol + " mount is read-only: its paths are its contents");
    }
  }
  return LocalPath(std::move(state));
}

}  // namespace genro::storage
