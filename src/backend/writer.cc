#include "backend/writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "backend/part_sizes.h"
#include "backend/reader.h"
#include "backend/spill_file.h"
#include "loop/run.h"
#include "loop/task_group.h"

namespace genro::storage {
namespace {

// Writes below this are gathered: thousands of tiny pieces would cost more than their bytes.
constexpr std::size_t kGatherBelow = std::size_t{64} << 10;
constexpr std::size_t kGatherSize = std::size_t{256} << 10;
// A backend that writes parts to a disk at once gains nothing from large ones.
constexpr std::uint64_t kLocalKeep = std::uint64_t{1} << 20;

Task<std::string> part_of(std::shared_ptr<Upload> upload, int number, Body body) {
  Task<std::string> sending = upload->part(number, std::move(body));
  co_return co_await sending;
}

/// Stops the parts, waits for them (they use the upload), then aborts it.
Task<void> drain_and_abort(std::shared_ptr<Upload> upload, std::deque<Background<std::string>> parts) {
  for (Background<std::string>& part : parts) part.cancel();
  for (Background<std::string>& part : parts) {
    Task<void> waiting = part.wait();
    const Result<void> ended = co_await waiting.as_result();  // out of time: abort all the same
    static_cast<void>(ended);
  }
  Task<void> ending = abort_shielded(std::move(upload));
  co_await ending;
}

}  // namespace

Writer::Writer(std::shared_ptr<Backend> backend, std::string path, PutOptions options, Files* files, WriteLimits limits)
    : backend_(std::move(backend)),
      path_(std::move(path)),
      options_(std::move(options)),
      files_(files),
      limits_(limits),
      generation_(fork_generation()) {}

Writer::~Writer() {
  if (is_inherited()) leave_to_parent();
  if (!upload_) return;
  StartOptions options;
  options.loop = loop_;
  drain_and_abort(std::move(upload_), std::move(parts_)).start(options, [](Result<void>) {});
}

bool Writer::is_inherited() const noexcept { return generation_ != fork_generation(); }

void Writer::require_own(const char* operation) const {
  if (!open_) throw Error(ErrorCode::invalid_argument, operation, path_, "the writer is closed");
  if (is_inherited()) throw Error(ErrorCode::invalid_argument, operation, path_, kOfParent);
}

/// Neither may be let go of: that would end the parent's requests.
void Writer::leave_to_parent() noexcept {
  if (!upload_) return;
  struct Left {
    std::shared_ptr<Upload> upload;
    std::deque<Background<std::string>> parts;
  };
  [[maybe_unused]] const auto* const kept = new Left{std::move(upload_), std::move(parts_)};
  upload_ = nullptr;
  parts_.clear();
}

void Writer::seal() {
  if (!tail_) return;
  kept_.push_back(std::move(*tail_).freeze(tail_size_));
  tail_.reset();
  tail_size_ = 0;
}

void Writer::keep(Bytes data) {
  size_ += data.size();
  kept_size_ += data.size();
  if (data.size() >= kGatherBelow) {
    seal();
    kept_.push_back(std::move(data));
    return;
  }
  if (tail_ && tail_size_ + data.size() > tail_->capacity()) {
    if (tail_->capacity() >= kGatherSize) {
      seal();
    } else {
      tail_->grow(kGatherSize);
    }
  }
  if (!tail_) tail_.emplace(std::max<std::size_t>(data.size(), kept_.empty() ? 4096 : kGatherSize));
  std::memcpy(tail_->data() + tail_size_, data.data(), data.size());
  tail_size_ += data.size();
}

/// The first `size` bytes of what is kept, without copying.
Body Writer::cut(std::uint64_t size) {
  seal();
  kept_size_ -= size;
  std::vector<Bytes> pieces;
  while (size > 0) {
    Bytes& front = kept_.front();
    if (front.size() <= size) {
      size -= front.size();
      pieces.push_back(std::move(front));
      kept_.pop_front();
    } else {
      pieces.push_back(front.slice(0, static_cast<std::size_t>(size)));
      front = front.slice(static_cast<std::size_t>(size), front.size() - static_cast<std::size_t>(size));
      size = 0;
    }
  }
  return Body(std::move(pieces));
}

std::uint64_t Writer::keep_at_most() const {
  return backend_->caps().remote ? limits_.single_max : std::min(limits_.single_max, kLocalKeep);
}

std::uint64_t Writer::next_part_size() const {
  return growing_part_size(backend_->limits(), upload_->part_size(0), next_number_);
}

std::size_t Writer::most_in_flight() const {
  const std::uint64_t by_memory = std::max<std::uint64_t>(1, limits_.in_flight_bytes / next_part_size());
  const std::size_t in_flight = std::min(limits_.in_flight, std::max<std::size_t>(1, backend_->limits().concurrency));
  return static_cast<std::size_t>(std::min<std::uint64_t>(in_flight, by_memory));
}

/// Waits until at most `most` parts are going up.
Task<void> Writer::drain(std::size_t most) {
  while (parts_.size() > most) {
    Task<std::string> taking = parts_.front().take();
    tags_.push_back(co_await taking);
    parts_.pop_front();
  }
}

Task<void> Writer::send_part(Body body) {
  const std::uint64_t most = backend_->limits().part_count_max;
  if (static_cast<std::uint64_t>(next_number_) > most) {
    throw Error(ErrorCode::unsupported, "write", path_,
                "the content needs more than the " + std::to_string(most) + " parts that the store takes");
  }
  const int number = next_number_++;
  if (!backend_->caps().remote) {
    Task<std::string> sending = upload_->part(number, std::move(body));
    tags_.push_back(co_await sending);
    co_return;
  }
  Context& context = co_await current_context();
  Task<void> room = drain(most_in_flight() - 1);
  co_await room;
  parts_.emplace_back(context, part_of(upload_, number, std::move(body)));
}

Task<void> Writer::begin_upload() {
  Context& context = co_await current_context();
  loop_ = background_loop(context);
  Task<std::unique_ptr<Upload>> opening = backend_->upload(path_, options_);
  upload_ = co_await opening;
}

/// Passes on what is too much to keep.
Task<void> Writer::flush() {
  if (!upload_ && kept_size_ <= keep_at_most()) co_return;
  if (backend_->caps().upload) {
    if (!upload_) {
      Task<void> beginning = begin_upload();
      co_await beginning;
    }
    if (!backend_->caps().remote) {  // on a disk: at once, whatever its size
      Task<void> sending = send_part(cut(kept_size_));
      co_await sending;
      co_return;
    }
    // One byte more than the part: the last part, sent at commit(), is never empty.
    while (kept_size_ > next_part_size()) {
      Task<void> sending = send_part(cut(next_part_size()));
      co_await sending;
    }
  } else if (files_) {
    if (!spill_) spill_ = std::make_unique<SpillFile>(*files_);
    Task<void> spilling = spill_->write(cut(kept_size_));
    co_await spilling;
  }
}

Task<void> Writer::write(Bytes data) {
  require_own("write");
  if (data.empty()) co_return;
  keep(std::move(data));
  if (kept_size_ <= keep_at_most() && !upload_ && !spill_) co_return;
  Task<void> flushing = flush();
  const Result<void> flushed = co_await flushing.as_result();
  if (flushed.ok()) co_return;
  Task<void> ending = abort();
  co_await ending;
  std::rethrow_exception(flushed.exception());
}

Task<Entry> Writer::finish() {
  if (!upload_ && !spill_) {
    Task<Entry> putting = backend_->put(path_, cut(kept_size_), options_);
    co_return co_await putting;
  }
  if (spill_) {
    if (kept_size_ > 0) {
      Task<void> spilling = spill_->write(cut(kept_size_));
      co_await spilling;
    }
    Task<Entry> putting = backend_->put(path_, spill_->body(), options_);
    co_return co_await putting;
  }
  Task<void> sending = send_part(cut(kept_size_));
  co_await sending;
  Task<void> settling = drain(0);
  co_await settling;
  Task<Entry> completing = upload_->complete(std::move(tags_));
  co_return co_await completing;
}

Task<Entry> Writer::commit() {
  require_own("commit");
  Task<Entry> finishing = finish();
  Result<Entry> finished = co_await finishing.as_result();
  if (!finished.ok()) {
    Task<void> ending = abort();
    co_await ending;
    std::rethrow_exception(finished.exception());
  }
  open_ = false;
  upload_.reset();
  spill_.reset();
  require_size(finished.value(), size_, path_);
  co_return std::move(finished).take();
}

Task<void> Writer::abort() {
  open_ = false;
  kept_.clear();
  kept_size_ = 0;
  tail_.reset();
  spill_.reset();
  if (is_inherited()) leave_to_parent();
  if (!upload_) co_return;
  Task<void> winding = shielded(drain_and_abort(std::move(upload_), std::move(parts_)), kAbortWithin);
  const Result<void> ignored = co_await winding.as_result();
  static_cast<void>(ignored);
  upload_.reset();
  parts_.clear();
}

Task<std::uint64_t> copy_stream(Reader& reader, Writer& writer, std::size_t piece) {
  std::uint64_t copied = 0;
  if (reader.size() < piece) piece = static_cast<std::size_t>(reader.size()) + 1;
  for (;;) {
    Task<Bytes> reading = reader.read_some(piece);
    Bytes bytes = co_await reading;
    if (bytes.empty()) break;
    copied += bytes.size();
    Task<void> writing = writer.write(std::move(bytes));
    co_await writing;
  }
  require_all(reader, copied);
  co_return copied;
}

}  // namespace genro::storage
