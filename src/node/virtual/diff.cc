// diff_text: both contents are fetched whole, decoded, compared in steps that give way to stopping and to the deadline.
#include <optional>
#include <utility>

#include "genro/storage/error.h"
#include "loop/offload.h"
#include "node/virtual/content.h"
#include "text/unified_diff.h"

namespace genro::storage {
namespace {

constexpr std::uint64_t kStep = 20'000'000;  // comparisons: some 50 ms

Error binary(const Node& side) {
  return Error(ErrorCode::invalid_argument, "diff", side.fullpath(), "Cannot diff binary files");
}

/// One side, decoded.
Task<std::string> side_text(Node node, Bytes bytes, TextDecoder decode) {
  if (bytes.view().find('\0') != std::string_view::npos) throw binary(node);
  auto decoding = offload([&]() -> std::optional<std::string> {
    try {
      return decode(bytes);
    } catch (const Undecodable&) {
      return std::nullopt;
    }
  });
  std::optional<std::string> text = co_await decoding;
  if (!text) throw binary(node);
  co_return std::move(*text);
}

Task<void> give_way() {
  Context& context = co_await current_context();
  context.scope->check();
  if (context.deadline != kNever && loop_of(context).now() >= context.deadline) {
    throw Error(ErrorCode::timeout, "read", "None:", "the contents are too different to be compared in time");
  }
}

}  // namespace

Task<std::string> diff_text(Node a, Node b, TextDecoder decode) {
  // First both are fetched: a missing source is told before a binary one.
  Task<Bytes> reading_a = a.read_bytes();
  Bytes bytes_a = co_await reading_a;
  Task<Bytes> reading_b = b.read_bytes();
  Bytes bytes_b = co_await reading_b;
  Task<std::string> first = side_text(a, std::move(bytes_a), decode);
  const std::string left = co_await first;
  Task<std::string> second = side_text(b, std::move(bytes_b), decode);
  const std::string right = co_await second;
  if (left == right) co_return std::string();
  std::vector<std::string_view> left_lines;
  std::vector<std::string_view> right_lines;
  std::optional<SequenceMatcher> matcher;
  auto splitting = offload([&] {
    left_lines = split_lines(left);
    right_lines = split_lines(right);
    matcher.emplace(left_lines, right_lines);
  });
  co_await splitting;
  for (bool done = false; !done;) {
    auto stepping = offload([&] { return matcher->step(kStep); });
    done = co_await stepping;
    Task<void> giving = give_way();
    co_await giving;
  }
  std::string text;
  auto writing =
      offload([&] { text = unified_diff(left_lines, right_lines, matcher->blocks(), a.fullpath(), b.fullpath()); });
  co_await writing;
  co_return text;
}

}  // namespace genro::storage
