#include "backend/reader.h"

#include <algorithm>
#include <utility>

#include "backend/ahead_reader.h"
#include "backend/content_check.h"
#include "backend/range_plan.h"
#include "backend/saving.h"
#include "core/memory_pages.h"
#include "loop/task_group.h"

namespace genro::storage {
namespace {

// Below this a ranged request is kinder than stopping a longer answer in the middle, which costs the connection.
constexpr std::size_t kPlainFrom = std::size_t{1} << 20;

bool worth_splitting(const Backend& backend, std::uint64_t size, const ReadLimits& limits) {
  return backend.caps().needs_network && backend.caps().seek && size != Reader::kUnknown && size > limits.whole_max;
}

Error truncated(const Reader& reader, std::uint64_t got, std::uint64_t wanted) {
  return Error(ErrorCode::truncated, "read", reader.entry().path,
               "the content ended after " + std::to_string(got) + " of " + std::to_string(wanted) + " bytes");
}

}  // namespace

Task<std::size_t> fill(Reader& reader, std::span<std::byte> target) {
  std::size_t filled = 0;
  while (filled < target.size()) {
    Task<std::size_t> step = reader.read_into(target.subspan(filled));
    const std::size_t got = co_await step;
    if (got == 0) break;
    filled += got;
  }
  co_return filled;
}

Task<std::uint64_t> Reader::save(Files& files, int descriptor) { return save_in_order(*this, {files, descriptor}); }

Task<Bytes> Reader::read_some(std::size_t most) {
  BytesBuffer buffer(most);
  Task<std::size_t> filling = fill(*this, buffer.span().first(most));
  const std::size_t got = co_await filling;
  if (got == 0) co_return Bytes();
  co_return std::move(buffer).freeze(got);
}

Task<void> require_end(Reader& reader) {
  std::byte beyond{};
  Task<std::size_t> ending = reader.read_into({&beyond, 1});
  const std::size_t more = co_await ending;
  if (more != 0) {
    throw Error(ErrorCode::protocol, "read", reader.entry().path, "more bytes came than were announced");
  }
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
constexpr std::size_t kStep = std::size_t{2} << 20;

/// One large read into memory: part 0 is what the first reader already brings, the others are ranges of their own.
struct Filling {
  Backend& backend;
  const std::string& path;
  const ReadOptions& options;
  std::unique_ptr<Reader> first;
  std::span<std::byte> target;
  Target kind;
  std::uint64_t part_size;
  std::uint64_t begin;
  Entry entry;
  PartsCheck check;

  std::size_t count() const { return static_cast<std::size_t>((target.size() + part_size - 1) / part_size); }
  Task<void> part(std::size_t index) {
    const std::size_t offset = index * static_cast<std::size_t>(part_size);
    const std::span<std::byte> piece =
        target.subspan(offset, std::min(static_cast<std::size_t>(part_size), target.size() - offset));
    if (index == 0) {
      Task<void> reading = fill_piece(index, *first, piece);
      co_await reading;
      first.reset();
      co_return;
    }
    ReadOptions own = options;
    own.range = {begin + offset, begin + offset + piece.size()};
    Task<std::unique_ptr<Reader>> opening = open_part(backend, path, std::move(own), entry);
    std::unique_ptr<Reader> reader = co_await opening;
    Task<void> reading = fill_piece(index, *reader, piece);
    co_await reading;
    Task<void> ending = require_end(*reader);
    co_await ending;
  }
  Task<void> fill_piece(std::size_t index, Reader& reader, std::span<std::byte> piece) {
    while (!piece.empty()) {
      const std::span<std::byte> step = piece.first(std::min(piece.size(), kStep));
      if (kind == Target::fresh) prepare_memory(step, target);
      Task<void> reading = read_exactly(reader, step);
      co_await reading;
      check.update(index, step);
      piece = piece.subspan(step.size());
    }
  }
};

Task<void> fill_parallel(Backend& backend, const std::string& path, const ReadOptions& options, ReadLimits limits,
                         std::unique_ptr<Reader> first, std::span<std::byte> target, Target kind) {
  const std::uint64_t begin = first->begin();
  Entry entry = first->entry();
  // No single answer holds the whole content, so the checksum of the whole is checked here.
  PartsCheck check(target.size() == first->size() ? first->checksum() : std::nullopt, target.size(), limits.part_size);
  Filling filling{backend,          path,  options,          std::move(first), target, kind,
                  limits.part_size, begin, std::move(entry), std::move(check)};
  Task<void> all =
      for_each_parallel(filling.count(), limits.in_flight, [&filling](std::size_t i) { return filling.part(i); });
  co_await all;
  filling.check.require(path);
}

}  // namespace

Task<Bytes> read_bytes(Backend& backend, std::string path, ReadOptions options, ReadLimits limits) {
  Task<std::unique_ptr<Reader>> opening = backend.read(path, options);
  std::unique_ptr<Reader> reader = co_await opening;
  if (const Bytes* all = reader->at_hand()) co_return *all;
  Task<Bytes> reading = read_rest(backend, std::move(path), std::move(options), std::move(reader), limits);
  co_return co_await reading;
}

Task<Bytes> read_rest(Backend& backend, std::string path, ReadOptions options, std::unique_ptr<Reader> reader,
                      ReadLimits limits) {
  const std::uint64_t size = reader->size();
  if (worth_splitting(backend, size, limits)) {
    BytesBuffer buffer(static_cast<std::size_t>(size));
    Task<void> filling = fill_parallel(backend, path, options, limits, std::move(reader),
                                       buffer.span().first(static_cast<std::size_t>(size)), Target::fresh);
    co_await filling;
    co_return std::move(buffer).freeze(static_cast<std::size_t>(size));
  }
  Task<Bytes> reading = reader->read_all();
  Bytes bytes = co_await reading;
  if (size != Reader::kUnknown && bytes.size() != size) throw truncated(*reader, bytes.size(), size);
  co_return bytes;
}

Task<std::size_t> read_into(Backend& backend, std::string path, std::span<std::byte> target, std::uint64_t offset,
                            ReadOptions options, ReadLimits limits) {
  if (target.empty()) co_return std::size_t{0};
  const bool network = backend.caps().needs_network;
  options.range = {offset, offset > UINT64_MAX - target.size() ? ByteRange::kToEnd : offset + target.size()};
  if (network && offset == 0 && target.size() >= kPlainFrom) options.range = {};
  Task<std::unique_ptr<Reader>> opening = backend.read(path, options);
  Result<std::unique_ptr<Reader>> opened = co_await opening.as_result();
  if (!opened.ok() && opened.error().code() == ErrorCode::out_of_range) co_return std::size_t{0};
  std::unique_ptr<Reader> reader = std::move(opened).take();
  const std::uint64_t announced = reader->size();
  if (announced != Reader::kUnknown && announced <= target.size()) {
    target = target.first(static_cast<std::size_t>(announced));
    if (network && !worth_splitting(backend, announced, limits)) {
      Task<void> reading = read_to_end(*reader, target);
      co_await reading;
      co_return target.size();
    }
  }
  if (announced != Reader::kUnknown && worth_splitting(backend, target.size(), limits)) {
    Task<void> filling = fill_parallel(backend, path, options, limits, std::move(reader), target, Target::used);
    co_await filling;
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
    const std::uint64_t announced = reader->size();
    Task<Bytes> reading = reader->read_all();
    const Bytes data = co_await reading;
    if (announced != Reader::kUnknown && data.size() != announced) throw truncated(*reader, data.size(), announced);
    for (const std::size_t member : run.members) results[member] = cut_range(data, run, ranges[member], path);
  }
};

}  // namespace

Task<std::vector<Bytes>> read_ranges(Backend& backend, std::string path, std::vector<ByteRange> ranges,
                                     ReadOptions options, ReadLimits limits) {
  const bool network = backend.caps().needs_network;
  RangeReading reading{backend, path, ranges, options, {}, std::vector<Bytes>(ranges.size()), std::nullopt};
  reading.runs = plan_runs(ranges, network ? kNetworkGap : kLocalGap, limits.part_size);
  const std::size_t alone = network ? std::min<std::size_t>(1, reading.runs.size()) : reading.runs.size();
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
