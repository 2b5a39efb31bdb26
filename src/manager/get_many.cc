#include <optional>
#include <utility>

#include "genro/storage/manager.h"
#include "loop/give_way.h"
#include "loop/task_group.h"

namespace genro::storage {
namespace {

constexpr std::size_t kInFlight = 128;

struct Reads {
  std::vector<Node> nodes;
  std::vector<std::optional<Result<Bytes>>> results;
  Stretch stretch;  // of all of them: they share a loop

  Task<void> read(std::size_t index) {
    co_await give_way(stretch, kEntryBytes);
    Task<Bytes> reading = nodes[index].read_bytes();
    Result<Bytes> result = co_await reading.as_result();
    results[index].emplace(std::move(result));
  }
};

Task<std::vector<Result<Bytes>>> read_all(std::vector<Node> nodes) {
  Reads reads{std::move(nodes), {}, {}};
  reads.results.resize(reads.nodes.size());
  Task<void> all =
      for_each_parallel(reads.nodes.size(), kInFlight, [&reads](std::size_t index) { return reads.read(index); });
  co_await all;
  std::vector<Result<Bytes>> results;
  results.reserve(reads.results.size());
  for (std::optional<Result<Bytes>>& result : reads.results) results.push_back(std::move(*result));
  co_return results;
}

}  // namespace

Task<std::vector<Result<Bytes>>> StorageManager::get_many(std::vector<Node> nodes) const {
  return read_all(std::move(nodes));
}

}  // namespace genro::storage
