// The HTTP/1.1 response parser (RFC 9112), without I/O: bytes in, a head and the framing of the body out.
// Used by HttpConnection; bytes are hostile until proven: what could be read in two ways (conflicting lengths, bad chunk
// sizes, both framings at once) is ErrorCode::protocol, never guessed. Not for requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http.h"

namespace genro::storage {

class HttpHeadParser {
 public:
  static constexpr std::size_t kMaxHead = 65536;
  static constexpr std::size_t kMaxFields = 256;

  /// `data` starts with the status line. Gives the size of the whole head with its blank line, or 0 when more is
  /// needed: call again with the same bytes and more behind them. Throws protocol.
  std::size_t parse(std::string_view data, HttpHead& head);
  /// Before the next head.
  void reset() noexcept { scanned_ = 0; }

 private:
  static void read_status_line(std::string_view line, HttpHead& head);
  static void read_fields(HttpHead& head, std::size_t position);
  static void note(std::string_view name, std::string_view value, HttpHead& head);
  static void check(const HttpHead& head);

  std::size_t scanned_ = 0;
};

/// Where the body's bytes lie in the stream. While !done(): when direct() is not 0, so many bytes of body come next
/// (take them, then took(n)); when it is 0, parse() must be given bytes to find where they begin.
class HttpBodyDecoder {
 public:
  enum class Framing : unsigned char { none, length, chunked, until_close };

  /// For a final response. `bodiless`: it answers HEAD, or CONNECT with success.
  void start(const HttpHead& head, bool bodiless) noexcept;
  Framing framing() const noexcept { return framing_; }
  bool done() const noexcept { return state_ == State::done; }
  std::uint64_t direct() const noexcept { return state_ == State::data ? left_ : 0; }
  void took(std::uint64_t size) noexcept;
  /// Consumes framing (chunk heads, trailers), stops where body bytes begin or the message ends. Gives how many bytes it ate.
  std::size_t parse(std::string_view input);
  /// The stream has ended: the end of an until_close body, else throws truncated.
  void end_of_stream();

 private:
  enum class State : unsigned char {
    done,
    data,
    chunk_size,
    chunk_extension,
    chunk_line_end,
    chunk_data_return,
    chunk_data_feed,
    trailer_start,
    trailer_line,
    trailer_line_end,
    final_feed,
  };
  void step(char c);
  void chunk_digit(char c);

  Framing framing_ = Framing::none;
  State state_ = State::done;
  std::uint8_t digits_ = 0;
  std::uint32_t overhead_ = 0;  // bytes of extension or trailer seen, which are limited
  std::uint64_t left_ = 0;
};

}  // namespace genro::storage
