#include "backends/local/upload.h"

#include <algorithm>
#include <charconv>

#include "loop/offload.h"

namespace genro::storage::local {
namespace {
constexpr std::uint64_t kPart = 8 << 20;
}  // namespace

std::string LocalUpload::Extent::to_tag() const { return std::to_string(begin) + '+' + std::to_string(size); }

LocalUpload::Extent LocalUpload::extent_of(const std::string& tag) const {
  Extent extent;
  const char* const end = tag.data() + tag.size();
  const auto first = std::from_chars(tag.data(), end, extent.begin);
  const bool split = first.ec == std::errc() && first.ptr != end && *first.ptr == '+';
  const auto second = split ? std::from_chars(first.ptr + 1, end, extent.size) : first;
  const bool good = split && second.ec == std::errc() && second.ptr == end && extent.begin <= end_ &&
                    extent.size <= end_ - extent.begin;
  if (!good) throw Error(ErrorCode::invalid_argument, "write", path_, "not a tag of this upload");
  return extent;
}

AtomicWrite& LocalUpload::target() const {
  if (!target_) throw Error(ErrorCode::invalid_argument, "write", path_, "the upload has ended");
  return *target_;
}

std::uint64_t LocalUpload::part_size(std::uint64_t) const { return kPart; }

Task<std::string> LocalUpload::part(int number, Body body) {
  if (number < 1) throw Error(ErrorCode::invalid_argument, "write", path_, "part numbers start at 1");
  Context& context = co_await current_context();
  AtomicWrite& file = target();
  const Extent extent{end_.fetch_add(body.size()), body.size()};
  for (std::uint64_t done = 0; done < extent.size; done += kPiece) {
    require_time(context);
    auto writing = offload(
        [&] {
          if (extent.size <= kPiece) {
            file.write_at(extent.begin, body);
          } else {
            file.write_at(extent.begin + done, body.slice(done, std::min(kPiece, extent.size - done)));
          }
        },
        body.is_file() ? ThreadShare::general() : threads_);
    co_await writing;
  }
  co_return extent.to_tag();
}

bool LocalUpload::in_order(const std::vector<Extent>& extents) const noexcept {
  std::uint64_t at = 0;
  for (const Extent& extent : extents) {
    if (extent.size != 0 && extent.begin != at) return false;
    at += extent.size;
  }
  return at == end_;
}

Task<Entry> LocalUpload::complete(std::vector<std::string> tags) {
  Context& context = co_await current_context();
  AtomicWrite* file = &target();
  std::vector<Extent> extents;
  extents.reserve(tags.size());
  for (const std::string& tag : tags) extents.push_back(extent_of(tag));
  std::unique_ptr<AtomicWrite> ordered;
  if (in_order(extents)) {
    file->close_at(end_);
  } else {
    auto making = offload([&] { ordered = make_(); }, threads_);
    co_await making;
    std::uint64_t at = 0;
    for (const Extent& extent : extents) {
      for (std::uint64_t done = 0; done < extent.size;) {
        require_time(context);
        auto copying = offload(
            [&] {
              const auto piece = static_cast<std::size_t>(std::min(kPiece, extent.size - done));
              return ordered->append_from(file->descriptor(), extent.begin + done, piece);
            },
            threads_);
        const std::size_t count = co_await copying;
        if (count == 0) throw Error(ErrorCode::truncated, "write", path_, "the unfinished file became shorter");
        done += count;
      }
      at += extent.size;
    }
    ordered->close_at(at);
    file = ordered.get();
  }
  require_time(context);
  auto finishing = offload(
      [&] {
        Entry entry = file->commit();
        target_.reset();
        return entry;
      },
      threads_);
  Entry entry = co_await finishing;
  co_return entry;
}

Task<void> LocalUpload::abort() {
  auto dropping = offload([this] { target_.reset(); }, threads_);
  co_await dropping;
}

}  // namespace genro::storage::local
