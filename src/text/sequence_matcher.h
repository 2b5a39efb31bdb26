// SequenceMatcher: the common blocks of two sequences of lines, the very ones that Python's difflib.SequenceMatcher finds
// (its documented algorithm with autojunk: in a second sequence of 200 lines or more, a line that makes up more than 1 % of
// it starts no block). Used by unified_diff. Work is done in steps, so that its owner can stop between them.
// Cost: about |a| times the mean number of times that its lines occur in b, for each block found; quadratic at worst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace genro::storage {

struct MatchingBlock {
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t size = 0;
  friend bool operator==(const MatchingBlock&, const MatchingBlock&) = default;
};

class SequenceMatcher {
 public:
  /// The views must outlive the matcher.
  SequenceMatcher(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b);
  /// Does about `budget` comparisons; true when all is done. Not after that.
  bool step(std::uint64_t budget);
  /// In order, adjacent ones joined; the last is {|a|, |b|, 0}. After step() gave true.
  const std::vector<MatchingBlock>& blocks() const noexcept { return blocks_; }

 private:
  struct Range {
    std::size_t a_begin, a_end, b_begin, b_end;
  };
  void index(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b);
  void forget_popular();
  std::uint64_t match_row();
  void extend();
  void take_best();
  void finish();

  // Lines as numbers: equal lines, equal numbers.
  std::vector<std::uint32_t> a_;
  std::vector<std::uint32_t> b_;
  // Where each number occurs in b, in order: positions_[first_[n]] … positions_[last_[n] - 1].
  std::vector<std::size_t> positions_;
  std::vector<std::size_t> first_;
  std::vector<std::size_t> last_;
  // The run of equal lines that ends at each place of b, valid for the row that it was noted in.
  std::vector<std::size_t> run_;
  std::vector<std::uint64_t> run_row_;
  std::uint64_t row_ = 1;

  std::vector<Range> pending_;
  std::vector<MatchingBlock> blocks_;
  // The search under way.
  bool searching_ = false;
  Range range_{};
  std::size_t at_ = 0;
  MatchingBlock best_;
};

}  // namespace genro::storage
