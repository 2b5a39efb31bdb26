#include "backend/put_body.h"

#include <algorithm>
#include <utility>

#include "backend/part_sizes.h"
#include "loop/task_group.h"

namespace genro::storage {
namespace {

struct Sending {
  std::shared_ptr<Upload> upload;
  const Body& body;
  std::uint64_t part_size;
  std::vector<std::string> tags;

  std::size_t count() const { return static_cast<std::size_t>((body.size() + part_size - 1) / part_size); }
  Task<void> part(std::size_t index) {
    const std::uint64_t offset = index * part_size;
    Task<std::string> sending =
        upload->part(static_cast<int>(index) + 1, body.slice(offset, std::min(part_size, body.size() - offset)));
    tags[index] = co_await sending;
  }
};

Task<Entry> put_parts(std::shared_ptr<Upload> upload, const Body& body, const Limits& store,
                      const WriteLimits& limits) {
  Sending sending{upload, body, part_size_for(store, body.size(), upload->part_size(body.size())), {}};
  sending.tags.resize(sending.count());
  const auto by_memory =
      static_cast<std::size_t>(std::max<std::uint64_t>(1, limits.in_flight_bytes / sending.part_size));
  const std::size_t in_flight = std::min(limits.in_flight, std::max<std::size_t>(1, store.concurrency));
  const std::size_t at_once = body.is_file() ? std::min(in_flight, by_memory) : in_flight;
  Task<void> parts = for_each_parallel(sending.count(), at_once, [&sending](std::size_t i) { return sending.part(i); });
  co_await parts;
  Task<Entry> completing = upload->complete(std::move(sending.tags));
  co_return co_await completing;
}

Task<void> abort_of(std::shared_ptr<Upload> upload) {
  Task<void> aborting = upload->abort();
  co_await aborting;
}

}  // namespace

Task<void> abort_shielded(std::shared_ptr<Upload> upload) {
  Task<void> shielding = shielded(abort_of(std::move(upload)), kAbortWithin);
  const Result<void> ignored = co_await shielding.as_result();
  static_cast<void>(ignored);
}

void require_size(const Entry& entry, std::uint64_t size, const std::string& path) {
  if (entry.size == size) return;
  throw Error(ErrorCode::corrupt, "put", path,
              "sent " + std::to_string(size) + " bytes, the server stored " + std::to_string(entry.size));
}

namespace {

/// Before anything is sent: what no part count or size can hold.
void require_room(const Backend& backend, std::uint64_t size, const std::string& path) {
  const Limits& limits = backend.limits();
  const bool parts = backend.caps().upload;
  const std::uint64_t most_parts = std::max<std::uint64_t>(1, limits.part_count_max);
  const bool fits = parts ? limits.part_size_max > size / most_parts ||
                                (limits.part_size_max == size / most_parts && size % most_parts == 0)
                          : size <= limits.single_put_max;
  if (fits) return;
  const std::uint64_t most = parts ? limits.part_size_max * most_parts : limits.single_put_max;
  throw Error(ErrorCode::unsupported, "write", path,
              std::to_string(size) + " bytes: the store takes at most " + std::to_string(most) + " in one file");
}

}  // namespace

Task<Entry> put_body(Backend& backend, std::string path, Body body, PutOptions options, WriteLimits limits) {
  const std::uint64_t size = body.size();
  const Caps& caps = backend.caps();
  const bool too_large = size > backend.limits().single_put_max;
  const bool split = caps.upload && (too_large || (caps.remote && size > limits.single_max));
  if (too_large || split) require_room(backend, size, path);
  if (!split) {
    Task<Entry> putting = backend.put(path, std::move(body), std::move(options));
    Entry entry = co_await putting;
    require_size(entry, size, path);
    co_return entry;
  }
  Task<std::unique_ptr<Upload>> opening = backend.upload(path, std::move(options));
  std::shared_ptr<Upload> upload = co_await opening;
  Task<Entry> sending = put_parts(upload, body, backend.limits(), limits);
  Result<Entry> sent = co_await sending.as_result();
  if (!sent.ok()) {
    Task<void> ending = abort_shielded(std::move(upload));
    co_await ending;
    std::rethrow_exception(sent.exception());
  }
  require_size(sent.value(), size, path);
  co_return std::move(sent).take();
}

}  // namespace genro::storage
