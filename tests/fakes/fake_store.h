// FakeStore: an object store in memory that behaves as one behind a network: calls take time, can be cancelled, and the Nth
// one fails in a chosen way. For tests of layers and machinery; what it holds can be looked at from outside.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/http/part_tag.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "core/context.h"
#include "genro/storage/backend.h"
#include "loop/loop.h"

namespace genro::storage::test {

/// What happens to a call.
enum class Trouble : unsigned char {
  none,
  refuse,  ///< throttled: surely without effect
  before,  ///< unavailable, without effect
  after,   ///< the effect takes place, the answer is lost
  stall,   ///< nothing for 30 s, then a time-out, without effect
  slow,    ///< succeeds after 10 s
  hard,    ///< an error that no retry helps
  cut,     ///< a read delivers some bytes, then the connection breaks; other calls: as `after`
  flip,    ///< a read delivers a wrong byte, seen by a checksum; other calls: as `before`, with code corrupt
};
inline constexpr Trouble kTroubles[] = {Trouble::refuse, Trouble::before, Trouble::after, Trouble::stall,
                                        Trouble::slow,   Trouble::hard,   Trouble::cut,   Trouble::flip};

/// Fails the Nth call, once or from then on.
struct FaultPlan {
  std::uint64_t nth = 0;  ///< 0 = never
  bool for_ever = false;
  Trouble trouble = Trouble::none;
  std::uint64_t calls = 0;
  Trouble next() {
    ++calls;
    return nth != 0 && (calls == nth || (for_ever && calls > nth)) ? trouble : Trouble::none;
  }
};

class FakeStore : public LeafBackend {
 public:
  struct Object {
    Bytes content;
    std::string etag;
    std::int64_t mtime_ns = 0;
  };
  struct OpenUpload {
    std::string path;
    PutOptions options;
    std::map<int, Bytes> parts;
  };

  explicit FakeStore(Clock& clock) : clock_(clock) {
    caps_.read = caps_.write = caps_.remove = caps_.list = caps_.conditional_put = caps_.upload = true;
    caps_.copy = caps_.seek = caps_.md5 = caps_.atomic = caps_.append = caps_.rename = true;
    caps_.remote = caps_.transient_failures = caps_.coarse_times = true;
  }

  // What a test sets and sees.
  FaultPlan plan;
  std::function<Trouble(std::string_view call, const std::string& path)> decide;  ///< Overrides the plan.
  std::vector<std::string> log;                                                   ///< "put a.txt", in order
  std::map<std::string, Object> objects;
  std::map<int, OpenUpload> uploads;
  std::uint64_t part_bytes = std::uint64_t{1} << 20;
  std::size_t chunk = std::size_t{64} << 10;  ///< a reader gives at most so much at once
  std::uint64_t announces_more = 0;           // than its readers give: a backend that judges its contents wrongly
  std::optional<ContentChecksum> checksum;    ///< that readers of whole objects name
  std::size_t page_size = 100;
  bool keeps_etags = true;
  int open_readers = 0;
  int running = 0;  ///< calls being served
  int most_running = 0;
  std::uint64_t puts = 0;  ///< effects, not calls
  Caps& mutable_caps() { return caps_; }
  Limits& mutable_limits() { return limits_; }
  void store(const std::string& path, Bytes content) {
    Object object;
    object.etag = keeps_etags ? md5_hex(content) : "";
    object.content = std::move(content);
    object.mtime_ns = clock_.wall_ns();
    objects[path] = std::move(object);
    ++puts;
  }
  std::string text(const std::string& path) const { return objects.at(path).content.to_string(); }
  static std::string md5_hex(const Bytes& content) {
    const Md5::Value value = Md5::of(content.span());
    return hex_encode(value);
  }

  // The seam.
  const Caps& caps() const noexcept override { return caps_; }
  const Limits& limits() const noexcept override { return limits_; }
  std::string_view protocol() const noexcept override { return "fake"; }
  std::string identity() const override { return "fake store " + std::to_string(number_); }

  Task<std::optional<Entry>> stat(std::string path) override {
    Served served(*this);
    Task<bool> beginning = begin("stat", path);
    const bool lost = co_await beginning;
    std::optional<Entry> entry;
    if (const auto found = objects.find(path); found != objects.end()) {
      entry = entry_of(path, found->second);
    } else if (const auto below = objects.lower_bound(path.empty() ? path : path + "/");
               path.empty() || (below != objects.end() && below->first.starts_with(path + "/"))) {
      entry.emplace();  // a folder is what some key lies below
      entry->path = path;
      entry->kind = EntryKind::directory;
    }
    if (lost) throw lost_answer(path);
    co_return entry;
  }
  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override;
  Task<Entry> put(std::string path, Body body, PutOptions options) override {
    Served served(*this);
    Task<bool> beginning = begin("put", path);
    const bool lost = co_await beginning;
    require(path, options.when);
    store(path, body.flatten());
    Entry entry = entry_of(path, objects.at(path));
    if (lost) throw lost_answer(path);
    co_return entry;
  }
  Task<Page> list(std::string path, ListOptions options) override;
  Task<void> remove(std::string path) override {
    Served served(*this);
    Task<bool> beginning = begin("remove", path);
    const bool lost = co_await beginning;
    objects.erase(path);
    if (lost) throw lost_answer(path);
  }
  Task<std::unique_ptr<Upload>> upload(std::string path, PutOptions options) override;
  Task<Entry> copy(std::string from, std::string to, PutOptions options) override {
    Served served(*this);
    Task<bool> beginning = begin("copy", to);
    const bool lost = co_await beginning;
    require(to, options.when);
    if (!objects.contains(from)) throw Error(ErrorCode::not_found, "copy", from, "no such key");
    store(to, objects.at(from).content);
    Entry entry = entry_of(to, objects.at(to));
    if (lost) throw lost_answer(to);
    co_return entry;
  }
  Task<void> rename(std::string from, std::string to) override {
    Served served(*this);
    Task<bool> beginning = begin("rename", from);
    const bool lost = co_await beginning;
    if (!objects.contains(from)) throw Error(ErrorCode::not_found, "rename", from, "no such key");
    objects[to] = objects.at(from);
    objects.erase(from);
    if (lost) throw lost_answer(from);
  }
  Task<void> append(std::string path, Body body) override {
    Served served(*this);
    Task<bool> beginning = begin("append", path);
    const bool lost = co_await beginning;
    store(path, Bytes::copy_of((objects.contains(path) ? text(path) : std::string()) + body.flatten().to_string()));
    if (lost) throw lost_answer(path);
  }

 private:
  friend class FakeReader;
  friend class FakeUpload;
  struct Served {
    explicit Served(FakeStore& of) : store(of) { store.most_running = std::max(store.most_running, ++store.running); }
    ~Served() { --store.running; }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;
    FakeStore& store;
  };

  static Error lost_answer(const std::string& path) {
    return Error(ErrorCode::connection, "", path, "the connection broke before the answer came");
  }
  Entry entry_of(const std::string& path, const Object& object) const {
    Entry entry;
    entry.path = path;
    entry.size = object.content.size();
    entry.etag = object.etag;
    entry.md5 = caps_.md5 && object.etag.find('-') == std::string::npos ? object.etag : "";
    entry.mtime_ns = object.mtime_ns;
    return entry;
  }
  void require(const std::string& path, const When& when) const {
    const auto found = objects.find(path);
    const bool holds = when.kind == When::Kind::always ||
                       (when.kind == When::Kind::if_absent && found == objects.end()) ||
                       (when.kind == When::Kind::if_match && found != objects.end() && found->second.etag == when.etag);
    if (!holds) throw Error(ErrorCode::precondition_failed, "put", path, "the condition does not hold");
  }
  Trouble trouble_of(std::string_view call, const std::string& path) {
    log.push_back(std::string(call) + " " + path);
    const Trouble planned = plan.next();
    return decide ? decide(call, path) : planned;
  }
  Task<void> pause(Duration time) {
    Context& context = co_await current_context();
    co_await hop();
    const WaitStatus status = co_await sleep_until(loop_of(context).now() + time);
    if (status == WaitStatus::stopped || context.deadline <= loop_of(context).now())
      throw_wait(status, context, "waiting");
  }
  /// The round trip; true when the answer is to be lost.
  Task<bool> begin(std::string call, std::string path) {
    const Trouble trouble = trouble_of(call, path);
    const Duration time = trouble == Trouble::stall  ? Duration(std::chrono::seconds(30))
                          : trouble == Trouble::slow ? Duration(std::chrono::seconds(10))
                                                     : Duration(std::chrono::milliseconds(3));
    Task<void> waiting = pause(time);
    co_await waiting;
    switch (trouble) {
      case Trouble::refuse: throw Error(ErrorCode::throttled, call, path, "slow down");
      case Trouble::before: throw Error(ErrorCode::unavailable, call, path, "503");
      case Trouble::stall: throw Error(ErrorCode::timeout, call, path, "nothing came for 30 s");
      case Trouble::hard: throw Error(ErrorCode::permission_denied, call, path, "access denied");
      case Trouble::flip: throw Error(ErrorCode::corrupt, call, path, "the checksum does not match");
      default: co_return trouble == Trouble::after || trouble == Trouble::cut;
    }
  }

  static int next_number() {
    static int last = 0;
    return ++last;
  }

  Clock& clock_;
  Caps caps_;
  Limits limits_;
  int number_ = next_number();
  int next_upload_ = 1;
};

class FakeReader final : public LeafReader {
 public:
  FakeReader(FakeStore& store, Entry entry, Bytes content, ByteRange range)
      : store_(store), entry_(std::move(entry)), content_(std::move(content)), range_(range), position_(range.begin) {
    ++store_.open_readers;
  }
  ~FakeReader() override { --store_.open_readers; }
  const Entry& entry() const noexcept override { return entry_; }
  std::uint64_t begin() const noexcept override { return range_.begin; }
  std::uint64_t size() const noexcept override { return range_.end - range_.begin + store_.announces_more; }
  std::optional<ContentChecksum> checksum() const override {
    return size() == entry_.size ? store_.checksum : std::nullopt;
  }
  Task<std::size_t> read_into(std::span<std::byte> target) override {
    const Trouble trouble = store_.trouble_of("bytes", entry_.path);
    const bool late = trouble == Trouble::stall || trouble == Trouble::slow;
    Task<void> waiting =
        store_.pause(late ? Duration(std::chrono::seconds(10)) : Duration(std::chrono::milliseconds(1)));
    co_await waiting;
    if (broken_ || (trouble != Trouble::none && trouble != Trouble::slow && trouble != Trouble::cut)) {
      const ErrorCode code = trouble == Trouble::flip    ? ErrorCode::corrupt
                             : trouble == Trouble::stall ? ErrorCode::timeout
                             : trouble == Trouble::hard  ? ErrorCode::permission_denied
                                                         : ErrorCode::connection;
      throw Error(code, "read", entry_.path, "the body broke off");
    }
    std::size_t size = std::min({target.size(), store_.chunk, static_cast<std::size_t>(range_.end - position_)});
    if (trouble == Trouble::cut) {
      broken_ = true;
      size = (size + 1) / 2;
    }
    if (size != 0) std::memcpy(target.data(), content_.data() + position_, size);
    position_ += size;
    co_return size;
  }
  Task<Bytes> read_all() override {
    BytesBuffer buffer(static_cast<std::size_t>(range_.end - position_));
    std::size_t filled = 0;
    while (filled < buffer.capacity() && position_ < range_.end) {
      Task<std::size_t> reading = read_into(buffer.span().subspan(filled));
      filled += co_await reading;
    }
    co_return std::move(buffer).freeze(filled);
  }

 private:
  FakeStore& store_;
  Entry entry_;
  Bytes content_;
  ByteRange range_;
  std::uint64_t position_;
  bool broken_ = false;
};

class FakeUpload final : public LeafUpload {
 public:
  FakeUpload(FakeStore& store, int id) : store_(store), id_(id) {}
  Task<std::string> part(int number, Body body) override {
    FakeStore::Served served(store_);
    Task<bool> beginning = store_.begin("part " + std::to_string(number), path());
    const bool lost = co_await beginning;
    Bytes content = body.flatten();
    std::string tag = FakeStore::md5_hex(content);
    known().parts[number] = std::move(content);
    if (lost) throw FakeStore::lost_answer("");
    co_return tag;
  }
  Task<Entry> complete(std::vector<std::string> tags) override {
    FakeStore::Served served(store_);
    Task<bool> beginning = store_.begin("complete", path());
    const bool lost = co_await beginning;
    FakeStore::OpenUpload& upload = known();
    store_.require(upload.path, upload.options.when);
    std::string content;
    Md5 etag;
    for (std::size_t i = 0; i < tags.size(); ++i) {
      const auto part = upload.parts.find(static_cast<int>(i) + 1);
      if (part == upload.parts.end() || FakeStore::md5_hex(part->second) != tags[i]) {
        throw Error(ErrorCode::invalid_argument, "complete", upload.path, "no such part");
      }
      if (i + 1 < tags.size() && part->second.size() < store_.limits().part_size_min) {
        throw Error(ErrorCode::invalid_argument, "complete", upload.path, "a part is too small");
      }
      content += part->second.view();
      const Md5::Value digest = Md5::of(part->second.span());
      etag.update(digest);
    }
    const std::string path = upload.path;
    store_.store(path, Bytes::copy_of(content));
    const Md5::Value digest = etag.finish();
    if (store_.keeps_etags) store_.objects.at(path).etag = hex_encode(digest) + "-" + std::to_string(tags.size());
    store_.uploads.erase(id_);
    Entry entry = store_.entry_of(path, store_.objects.at(path));
    if (lost) throw FakeStore::lost_answer(path);
    co_return entry;
  }
  Task<void> abort() override {
    FakeStore::Served served(store_);
    Task<bool> beginning = store_.begin("abort", path());
    const bool lost = co_await beginning;
    store_.uploads.erase(id_);
    if (lost) throw FakeStore::lost_answer("");
  }
  std::uint64_t part_size(std::uint64_t) const override { return store_.part_bytes; }
  std::string expected_etag(const std::vector<std::string>& tags) const override { return etag_of_parts(tags); }

 private:
  FakeStore::OpenUpload& known() {
    const auto found = store_.uploads.find(id_);
    if (found == store_.uploads.end()) throw Error(ErrorCode::not_found, "upload", "", "no such upload");
    return found->second;
  }
  std::string path() const {
    const auto found = store_.uploads.find(id_);
    return found == store_.uploads.end() ? "" : found->second.path;
  }
  FakeStore& store_;
  int id_;
};

inline Task<std::unique_ptr<Reader>> FakeStore::read(std::string path, ReadOptions options) {
  Served served(*this);
  Task<bool> beginning = begin("read", path);
  const bool lost = co_await beginning;
  const auto found = objects.find(path);
  if (found == objects.end()) throw Error(ErrorCode::not_found, "read", path, "no such key");
  if (!options.if_match.empty() && options.if_match != found->second.etag) {
    throw Error(ErrorCode::precondition_failed, "read", path, "another etag");
  }
  const std::uint64_t size = found->second.content.size();
  if (!options.range.whole() && options.range.begin >= size)
    throw Error(ErrorCode::out_of_range, "read", path, "beyond the end");
  const ByteRange range{options.range.begin, std::min(options.range.end, size)};
  if (lost) throw lost_answer(path);
  co_return std::make_unique<FakeReader>(*this, entry_of(path, found->second), found->second.content, range);
}

inline Task<Page> FakeStore::list(std::string path, ListOptions options) {
  Served served(*this);
  Task<bool> beginning = begin("list", path);
  const bool lost = co_await beginning;
  const std::string prefix = path.empty() ? "" : path + "/";
  std::map<std::string, Entry> all;
  for (const auto& [key, object] : objects) {
    if (!key.starts_with(prefix)) continue;
    const std::size_t slash = key.find('/', prefix.size());
    if (options.recursive || slash == std::string::npos) {
      all[key] = entry_of(key, object);
    } else {
      Entry folder;
      folder.path = key.substr(0, slash);
      folder.kind = EntryKind::directory;
      all[folder.path] = folder;
    }
  }
  if (all.empty() && !path.empty()) throw Error(ErrorCode::not_found, "list", path, "no such directory");
  Page page;
  for (auto entry = options.token.empty() ? all.begin() : all.upper_bound(options.token); entry != all.end(); ++entry) {
    if (page.entries.size() == page_size) {
      page.next_token = page.entries.back().path;
      break;
    }
    page.entries.push_back(entry->second);
  }
  if (lost) throw lost_answer(path);
  co_return page;
}

inline Task<std::unique_ptr<Upload>> FakeStore::upload(std::string path, PutOptions options) {
  Served served(*this);
  Task<bool> beginning = begin("upload", path);
  const bool lost = co_await beginning;
  const int id = next_upload_++;
  if (lost)
    throw lost_answer(path);  // nobody knows its id: what a server clears by itself some day is not counted here
  uploads[id] = {path, options, {}};
  co_return std::make_unique<FakeUpload>(*this, id);
}

}  // namespace genro::storage::test
