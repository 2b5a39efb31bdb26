#include "backend/reader.h"

#include <algorithm>
#include <utility>

#include "backend/ahead_reader.h"
#include "backend/parts_reading.h"
#include "backend/range_plan.h"
#include "backend/saving.h"
#include "core/memory_pages.h"
#include "loop/run.h"
#include "loop/task_group.h"

namespace genro::storage {
namespace {

bool worth_splitting(const Backend& backend, std::uint64_t size, const ReadLimits& limits) {
  return backend.caps().remote && backend.caps().seek && size != Reader::kUnknown && size > limits.whole_max;
}

Error truncated(const Reader& reader, std::uint64_t got, std::uint64_t wanted) {
  return Error(ErrorCode::truncated, "read", reader.entry().path,
               "the content ended after " + std::to_string(got) + " of " + std::to_string(wanted) + " bytes");
}

Error overlong(const Reader& reader) {
  return Error(ErrorCode::protocol, "read", reader.entry().path, "more bytes came than were announced");
}

}  // namespace

Task<std::size_t> fill(Reader& reader, std::span<std::byte> target) {
  Context& context = co_await current_context();
  std::size_t filled = 0;
  while (filled < target.size()) {
    Task<std::size_t> step = reader.read_into(target.subspan(filled));
    const std::size_t got = co_await step;
    if (got == 0) break;
    filled += got;
    if (context.caller_driven && filled < target.size()) {  // a fast server leaves nothing to wait for
      look_for_signals();
      context.scope->check();
    }
  }
  co_return filled;
}

Task<std::uint64_t> LeafReader::save(FileSink& file) { return save_in_order(*this, file); }

Task<Bytes> LeafReader::read_some(std::size_t most) {
  BytesBuffer buffer(most);
  Task<std::size_t> filling = fill(*this, buffer.span().first(most));
  const std::size_t got = co_await filling;
  if (got == 0) co_return Bytes();
  co_return std::move(buffer).freeze(got);
}

void require_all(const Reader& reader, std::uint64_t got) {
  const std::uint64_t announced = reader.size();
  if (announced == Reader::kUnknown || got == announced) return;
  if (got < announced) throw truncated(reader, got, announced);
  throw overlong(reader);
}

Task<void> require_end(Reader& reader) {
  std::byte beyond{};
  Task<std::size_t> ending = reader.read_into({&beyond, 1});
  const std::size_t more = co_await ending;
  if (more != 0) throw overlong(reader);
}

Task<void> read_exactly(Reader& reader, std::span<std::byte> target) {
  Task<std::size_t> filling = fill(reader, target);
  const std::size_t got = co_await filling;
  if (got != target.size()) throw truncated(reader, got, target.size());
}

Task<void> read_to_end(Reader& reader, std::span<std::byte> target) {
  Task<void> filling = read_exactly(reader, target);
  co_await filling;
  Task<void> ending = require_end(reader);
  co_await ending;
}

void require_same(const Entry& first, const Reader& again, std::uint64_t begin) {
  const Entry& entry = again.entry();
  if (entry.etag != first.etag || entry.size != first.size ||
      (first.etag.empty() && entry.mtime_ns != first.mtime_ns)) {
    throw Error(ErrorCode::precondition_failed, "read", first.path, "the content was replaced while it was being read");
  }
  if (again.begin() != begin) {
    throw Error(ErrorCode::protocol, "read", first.path, "the server answered with another range than asked for");
  }
}

Task<std::unique_ptr<Reader>> open_part(Backend& backend, std::string path, ReadOptions options, Entry first) {
  const std::uint64_t begin = options.range.begin;
  options.if_match = first.etag;
  Task<std::unique_ptr<Reader>> opening = backend.read(std::move(path), std::move(options));
  std::unique_ptr<Reader> reader = co_await opening;
  require_same(first, *reader, begin);
  co_return reader;
}

namespace {

enum class Target : bool { fresh, used };  // memory of ours that nobody has touched, or the caller's

// Steps in which fresh memory is prepared, right before it is filled, and what came is summed: small enough to be in the cache.
constexpr std::size_t kReadStep = std::size_t{2} << 20;

class Filling final : public PartsReading {
 public:
  template <class... Source>
  Filling(std::span<std::byte> target, Target kind, Source&&... source)
      : PartsReading(std::forward<Source>(source)..., target.size()), target_(target), kind_(kind) {}

 private:
  Task<void> take(Reader& reader, Part part) override {
    std::span<std::byte> rest = target_.subspan(part.offset, part.size);
    while (!rest.empty()) {
      const std::span<std::byte> step = rest.first(std::min(rest.size(), kReadStep));
      if (kind_ == Target::fresh) prepare_memory(step, target_);
      Task<void> reading = read_exactly(reader, step);
      co_await reading;
      check(part, step);
      rest = rest.subspan(step.size());
    }
  }

  std::span<std::byte> target_;
  Target kind_;
};

}  // namespace

Task<Bytes> read_bytes(Backend& backend, std::string path, ReadOptions options, ReadLimits limits) {
  Task<std::unique_ptr<Reader>> opening = backend.read(path, options);
  std::unique_ptr<Reader> reader = co_await opening;
  if (const Bytes* all = reader->buffered()) co_return *all;
  Task<Bytes> reading = read_rest(backend, std::move(path), std::move(options), std::move(reader), limits);
  co_return co_await reading;
}

Task<Bytes> read_rest(Backend& backend, std::string path, ReadOptions options, std::unique_ptr<Reader> reader,
                      ReadLimits limits) {
  const std::uint64_t size = reader->size();
  if (worth_splitting(backend, size, limits)) {
    BytesBuffer buffer(static_cast<std::size_t>(size));
    Filling filling(buffer.span().first(static_cast<std::size_t>(size)), Target::fresh, backend, std::move(path),
                    std::move(options), limits, std::move(reader));
    Task<void> all = filling.run();
    co_await all;
    co_return std::move(buffer).freeze(static_cast<std::size_t>(size));
  }
  Task<Bytes> reading = reader->read_all();
  Bytes bytes = co_await reading;
  require_all(*reader, bytes.size());
  co_return bytes;
}

Task<std::size_t> read_into(Backend& backend, std::string path, std::span<std::byte> target, std::uint64_t offset,
                            ReadOptions options, ReadLimits limits) {
  if (target.empty()) co_return std::size_t{0};
  const bool remote = backend.caps().remote;
  options.range = {offset, offset > UINT64_MAX - target.size() ? ByteRange::kToEnd : offset + target.size()};
  // Only the answer to a plain request says the checksum of the whole. A longer one is stopped in the middle.
  if (remote && offset == 0) options.range = {};
  Task<std::unique_ptr<Reader>> opening = backend.read(path, options);
  Result<std::unique_ptr<Reader>> opened = co_await opening.as_result();
  if (!opened.ok() && opened.error().code() == ErrorCode::out_of_range) co_return std::size_t{0};
  std::unique_ptr<Reader> reader = std::move(opened).take();
  const std::uint64_t announced = reader->size();
  if (announced != Reader::kUnknown && announced <= target.size()) {
    target = target.first(static_cast<std::size_t>(announced));
    if (remote && !worth_splitting(backend, announced, limits)) {
      Task<void> reading = read_to_end(*reader, target);
      co_await reading;
      co_return target.size();
    }
  }
  if (announced != Reader::kUnknown && worth_splitting(backend, target.size(), limits)) {
    Filling filling(target, Target::used, backend, std::move(path), std::move(options), limits, std::move(reader));
    Task<void> all = filling.run();
    co_await all;
    co_return target.size();
  }
  Task<std::size_t> filling = fill(*reader, target);
  const std::size_t got = co_await filling;
  if (announced != Reader::kUnknown && got < target.size()) throw truncated(*reader, got, target.size());
  co_return got;
}

namespace {

struct RangeReading {
  Backend& backend;
  const std::string& path;
  const std::vector<ByteRange>& ranges;
  const ReadOptions& options;
  std::vector<RangeRun> runs;
  std::vector<Bytes> results;
  std::optional<Entry> entry;  // of the first run: all others must be of the same version

  Task<void> run(std::size_t index) {
    const RangeRun& run = runs[index];
    ReadOptions own = options;
    own.range = run.range;
    std::unique_ptr<Reader> reader;
    if (entry) {
      Task<std::unique_ptr<Reader>> opening = open_part(backend, path, std::move(own), *entry);
      reader = co_await opening;
    } else {
      Task<std::unique_ptr<Reader>> opening = backend.read(path, std::move(own));
      reader = co_await opening;
      entry = reader->entry();
    }
    Task<Bytes> reading = reader->read_all();
    const Bytes data = co_await reading;
    require_all(*reader, data.size());
    for (const std::size_t member : run.members) results[member] = cut_range(data, run, ranges[member], path);
  }
};

}  // namespace

Task<std::vector<Bytes>> read_ranges(Backend& backend, std::string path, std::vector<ByteRange> ranges,
                                     ReadOptions options, ReadLimits limits) {
  const bool remote = backend.caps().remote;
  RangeReading reading{backend, path, ranges, options, {}, std::vector<Bytes>(ranges.size()), std::nullopt};
  reading.runs = plan_runs(ranges, remote ? kNetworkGap : kLocalGap, limits.part_size);
  const std::size_t alone = remote ? std::min<std::size_t>(1, reading.runs.size()) : reading.runs.size();
  for (std::size_t i = 0; i < alone; ++i) {
    Task<void> run = reading.run(i);
    co_await run;
  }
  if (alone < reading.runs.size()) {
    Task<void> rest = for_each_parallel(reading.runs.size() - alone, limits.in_flight,
                                        [&reading, alone](std::size_t i) { return reading.run(i + alone); });
    co_await rest;
  }
  co_return std::move(reading.results);
}

Task<std::unique_ptr<Reader>> open_reader(std::shared_ptr<Backend> backend, std::string path, ReadOptions options,
                                          ReadLimits limits) {
  Task<std::unique_ptr<Reader>> opening = backend->read(path, options);
  std::unique_ptr<Reader> reader = co_await opening;
  if (!worth_splitting(*backend, reader->size(), limits)) co_return reader;
  co_return std::make_unique<AheadReader>(std::move(backend), std::move(path), std::move(options), limits,
                                          std::move(reader));
}

}  // namespace genro::storage
