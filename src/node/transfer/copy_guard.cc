#include "node/transfer/copy_guard.h"
#include "node/overlap.h"

#include <utility>

#include "core/path.h"
#include "genro/storage/node.h"
#include "loop/offload.h"
#include "node/guard.h"

namespace genro::storage {
namespace {

Task<std::optional<Entry>> look(Location place) {
  try {
    Task<std::optional<Entry>> looking = place.mount->backend->stat(place.path);
    co_return co_await looking;
  } catch (const Error& error) {
    throw located(error, "stat", *place.mount, place.path);
  }
}

Error into_itself(const Location& from, const Location& to) {
  return failure(ErrorCode::invalid_argument, "copy", *to.mount, to.path,
                 "a directory cannot be copied into itself: " + from.address());
}

/// A folder that goes to one above it merges with what is there, unless it holds a folder that would land on itself.
Task<void> require_no_echo(Location from, Location to) {
  const std::string outer = to.path_in_base();
  const std::string inner = from.path_in_base();
  if (!one_store(*from.mount, *to.mount) || !path::is_within(inner, outer)) throw into_itself(from, to);
  const std::string below(path::relative_to(inner, outer));
  Task<std::optional<Entry>> looking = look({from.mount, path::join(from.path, below)});
  const std::optional<Entry> echo = co_await looking;
  if (echo) throw into_itself(from, to);
}

void require_kinds_match(const Location& from, const Location& to, const Entry& source,
                         const std::optional<Entry>& target) {
  if (source.kind == EntryKind::other) {
    throw failure(ErrorCode::invalid_argument, "copy", *from.mount, from.path,
                  "the source is neither a file nor a directory");
  }
  if (target && source.is_file() && target->is_directory()) {
    throw failure(ErrorCode::is_directory, "copy", *to.mount, to.path,
                  "the destination is a directory, the source a file");
  }
  if (target && source.is_directory() && !target->is_directory()) {
    throw failure(ErrorCode::not_directory, "copy", *to.mount, to.path,
                  "the destination is a file, the source a directory");
  }
  if (source.is_directory() && to.mount->caps.content_addressed) {
    throw failure(ErrorCode::unsupported, "copy", *to.mount, to.path,
                  "a " + to.mount->protocol + " mount has no directory structure");
  }
}

// A local file says by its etag which file it is: only equal ones can be one under two names.
bool may_be_one_file(const Entry& source, const std::optional<Entry>& target) {
  return target && !source.etag.empty() && source.etag == target->etag;
}

Task<bool> is_itself(Location from, Location to, Entry source, std::optional<Entry> target) {
  if (same_location(from, to)) co_return true;
  if (source.is_file() && !may_be_one_file(source, target)) co_return false;
  const auto compare = [&] { return overlap_of(from, to); };
  auto comparing = offload(compare);
  const Overlap overlap = co_await comparing;
  if (overlap == Overlap::same) co_return true;
  if (source.is_file()) co_return false;
  if (overlap == Overlap::target_inside) throw into_itself(from, to);
  if (overlap == Overlap::source_inside) {
    Task<void> requiring = require_no_echo(from, to);
    co_await requiring;
  }
  co_return false;
}

}  // namespace

Task<Entry> require_source(Location from) {
  Task<std::optional<Entry>> looking = look(from);
  std::optional<Entry> entry = co_await looking;
  if (!entry)
    throw failure(ErrorCode::not_found, "copy", *from.mount, from.path, "Source not found: " + from.address());
  co_return std::move(*entry);
}

Task<Target> look_at_target(Location from, Location to, Entry source) {
  Target target;
  if (!to.mount->caps.content_addressed) {
    Task<std::optional<Entry>> looking = look(to);
    target.entry = co_await looking;
  }
  require_kinds_match(from, to, source, target.entry);
  Task<bool> comparing = is_itself(std::move(from), std::move(to), std::move(source), target.entry);
  target.is_source = co_await comparing;
  co_return target;
}

Task<bool> are_hard_links(Location from, Location to, Entry source, std::optional<Entry> target) {
  const bool may_be = from.mount->caps.hard_links && to.mount->caps.hard_links && may_be_one_file(source, target);
  if (!may_be) co_return false;
  const auto compare = [&] { return is_one_file(from, to); };
  auto comparing = offload(compare);
  co_return co_await comparing;
}

Node node_of_address(const std::shared_ptr<const ManagerState>& manager, const std::string& address) {
  if (!manager) throw Error(ErrorCode::invalid_argument, "copy", "None:", "the node belongs to no mount");
  return node_at(manager, address);
}

}  // namespace genro::storage
