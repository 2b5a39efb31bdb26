#include "node/content/fill_from_url.h"

#include <algorithm>
#include <utility>

#include "genro/storage/error.h"
#include "loop/before.h"
#include "loop/loop.h"
#include "net/fetch.h"
#include "node/virtual/node_stream.h"

namespace genro::storage {
namespace {

/// The body of a response, within its limits.
class Download final : public LeafReader {
 public:
  Download(std::unique_ptr<HttpResponse> response, std::string url, const FetchOptions& options, TimePoint deadline)
      : response_(std::move(response)), url_(std::move(url)), max_size_(options.max_size), deadline_(deadline) {
    size_ = response_->remaining().value_or(kUnknown);
    if (size_ != kUnknown) entry_.size = size_;
    if (size_ != kUnknown && size_ > max_size_) throw too_large();
  }
  const Entry& entry() const noexcept override { return entry_; }
  std::uint64_t begin() const noexcept override { return 0; }
  std::uint64_t size() const noexcept override { return size_; }

  Task<std::size_t> read_into(std::span<std::byte> target) override {
    Task<std::size_t> reading = before(deadline_, response_->read_into(target));
    Result<std::size_t> read = co_await reading.as_result();
    if (!read.ok()) throw_failure(read.exception());
    const std::size_t got = read.value();
    got_ += got;
    if (got_ > max_size_) throw too_large();
    // Data that never stops coming never waits either.
    Context& context = co_await current_context();
    if (loop_of(context).now() >= deadline_)
      throw failed(ErrorCode::timeout, "it takes longer than total_timeout allows");
    co_return got;
  }

  Task<Bytes> read_all() override {
    std::vector<Bytes> pieces;
    for (;;) {
      BytesBuffer buffer(kPiece);
      Task<std::size_t> reading = read_into(buffer.span());
      const std::size_t size = co_await reading;
      if (size == 0) break;
      pieces.push_back(std::move(buffer).freeze(size));
    }
    co_return Body(std::move(pieces)).flatten();
  }

 private:
  static constexpr std::size_t kPiece = 64 * 1024;

  Error failed(ErrorCode code, const std::string& why) const {
    return Error(code, "Error downloading " + shown_url(url_) + ": " + why);
  }
  Error too_large() const {
    return failed(ErrorCode::io, "it is larger than max_size, " + std::to_string(max_size_) + " bytes");
  }
  [[noreturn]] void throw_failure(std::exception_ptr failure) const {
    const Error error = Error::from(failure);
    if (error.code() == ErrorCode::cancelled || error.code() == ErrorCode::internal) std::rethrow_exception(failure);
    throw failed(error.code(), error.message());
  }

  std::unique_ptr<HttpResponse> response_;
  std::string url_;
  std::uint64_t max_size_;
  TimePoint deadline_;
  std::uint64_t size_ = kUnknown;
  std::uint64_t got_ = 0;
  Entry entry_;
};

Task<void> fill_and_follow(Node target, std::string url, FetchOptions options, Node* self) {
  Task<Node> filling = fill_from_url(target, std::move(url), options, Env::system());
  Node filled = co_await filling;
  if (filled.path() != target.path()) *self = std::move(filled);
}

}  // namespace

Task<Node> fill_from_url(Node target, std::string url, FetchOptions options, Env& env) {
  try {
    const TimePoint deadline = env.clock->now() + seconds(options.total_timeout);
    require_fetchable(url, options);
    Task<std::unique_ptr<HttpResponse>> fetching = before(deadline, fetch(env, url, options));
    std::unique_ptr<HttpResponse> response = co_await fetching;
    // Refusals to write come after failures to reach the other side.
    require_storable(target, "fill_from_url");
    auto download = std::make_unique<Download>(std::move(response), url, options, deadline);
    Task<Node> storing = store_node(target, std::move(download));
    co_return co_await storing;
  } catch (const Error& error) {
    if (!error.where().empty()) throw;
    throw error.with_operation("fill_from_url").with_where(target.fullpath());
  }
}

Task<void> Node::fill_from_url(std::string url, FetchOptions options) {
  return fill_and_follow(*this, std::move(url), options, this);
}

}  // namespace genro::storage
