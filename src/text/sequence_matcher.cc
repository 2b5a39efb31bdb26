#include "text/sequence_matcher.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace genro::storage {
namespace {

constexpr std::size_t kJunkFrom = 200;  // lines
constexpr std::size_t kJunkShare = 100;

}  // namespace

SequenceMatcher::SequenceMatcher(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  index(a, b);
  forget_popular();
  run_.resize(b_.size());
  run_row_.resize(b_.size());
  pending_.push_back({0, a_.size(), 0, b_.size()});
}

void SequenceMatcher::index(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  std::unordered_map<std::string_view, std::uint32_t> numbers;
  const auto number = [&](std::string_view line) {
    return numbers.emplace(line, static_cast<std::uint32_t>(numbers.size())).first->second;
  };
  b_.reserve(b.size());
  for (const std::string_view line : b) b_.push_back(number(line));
  a_.reserve(a.size());
  for (const std::string_view line : a) a_.push_back(number(line));

  std::vector<std::size_t> count(numbers.size() + 1);
  for (const std::uint32_t line : b_) ++count[line + 1];
  for (std::size_t i = 1; i < count.size(); ++i) count[i] += count[i - 1];
  first_.assign(count.begin(), count.end() - 1);
  last_ = first_;
  positions_.resize(b_.size());
  for (std::size_t i = 0; i < b_.size(); ++i) positions_[last_[b_[i]]++] = i;
}

void SequenceMatcher::forget_popular() {
  if (b_.size() < kJunkFrom) return;
  const std::size_t most = b_.size() / kJunkShare + 1;
  for (std::size_t line = 0; line < first_.size(); ++line) {
    if (last_[line] - first_[line] > most) last_[line] = first_[line];
  }
}

/// Looks where line at_ of a stands in the range of b, and whether a longer run than the best ends there. Gives the work done.
std::uint64_t SequenceMatcher::match_row() {
  const std::uint32_t line = a_[at_];
  const auto all = positions_.begin() + static_cast<std::ptrdiff_t>(first_[line]);
  const auto end = positions_.begin() + static_cast<std::ptrdiff_t>(last_[line]);
  const auto begin = std::lower_bound(all, end, range_.b_begin);
  const auto stop = std::lower_bound(begin, end, range_.b_end);
  MatchingBlock row_best;
  // From the back: what the row before noted in front of a place is still there when the place is looked at.
  for (auto place = stop; place != begin;) {
    const std::size_t j = *--place;
    const std::size_t run = j > range_.b_begin && run_row_[j - 1] == row_ - 1 ? run_[j - 1] + 1 : 1;
    run_[j] = run;
    run_row_[j] = row_;
    if (run >= row_best.size) row_best = {at_ + 1 - run, j + 1 - run, run};
  }
  // Of equal runs the first one found stays: earlier in a, then earlier in b.
  if (row_best.size > best_.size) best_ = row_best;
  ++row_;
  ++at_;
  return static_cast<std::uint64_t>(stop - begin) + 1;
}

/// Lines that start no block may still belong to one.
void SequenceMatcher::extend() {
  while (best_.a > range_.a_begin && best_.b > range_.b_begin && a_[best_.a - 1] == b_[best_.b - 1]) {
    --best_.a;
    --best_.b;
    ++best_.size;
  }
  while (best_.a + best_.size < range_.a_end && best_.b + best_.size < range_.b_end &&
         a_[best_.a + best_.size] == b_[best_.b + best_.size]) {
    ++best_.size;
  }
}

void SequenceMatcher::take_best() {
  extend();
  searching_ = false;
  if (best_.size == 0) return;
  blocks_.push_back(best_);
  if (range_.a_begin < best_.a && range_.b_begin < best_.b) {
    pending_.push_back({range_.a_begin, best_.a, range_.b_begin, best_.b});
  }
  const std::size_t a_end = best_.a + best_.size;
  const std::size_t b_end = best_.b + best_.size;
  if (a_end < range_.a_end && b_end < range_.b_end) pending_.push_back({a_end, range_.a_end, b_end, range_.b_end});
}

void SequenceMatcher::finish() {
  std::sort(blocks_.begin(), blocks_.end(), [](const MatchingBlock& x, const MatchingBlock& y) {
    return std::tie(x.a, x.b, x.size) < std::tie(y.a, y.b, y.size);
  });
  std::vector<MatchingBlock> joined;
  for (const MatchingBlock& block : blocks_) {
    if (!joined.empty() && joined.back().a + joined.back().size == block.a &&
        joined.back().b + joined.back().size == block.b) {
      joined.back().size += block.size;
    } else {
      joined.push_back(block);
    }
  }
  joined.push_back({a_.size(), b_.size(), 0});
  blocks_ = std::move(joined);
}

bool SequenceMatcher::step(std::uint64_t budget) {
  std::uint64_t spent = 0;
  for (;;) {
    if (!searching_) {
      if (pending_.empty()) {
        finish();
        return true;
      }
      range_ = pending_.back();
      pending_.pop_back();
      best_ = {range_.a_begin, range_.b_begin, 0};
      at_ = range_.a_begin;
      ++row_;  // what an earlier search noted counts no more
      searching_ = true;
    }
    while (at_ < range_.a_end) {
      if (spent >= budget) return false;
      spent += match_row();
    }
    take_best();
    ++spent;
  }
}

}  // namespace genro::storage
