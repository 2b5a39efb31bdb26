// What Node::serve takes and gives: a request's method and fields, and a response whose content is read as it is sent.
// Used by web servers of any kind; the rules are those of RFC 9110 (conditions, ranges) and RFC 6266 (download names).
// The body reads its file when it is asked: keep the response until the last chunk was sent, then drop or close() it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "genro/storage/bytes.h"
#include "genro/storage/task.h"

namespace genro::storage {

/// In the order of the message; names in any case.
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

struct ServeRequest {
  std::string method = "GET";
  HeaderFields headers;
  /// The values of all fields of that name, joined by ", "; nothing when there is none.
  std::optional<std::string> header(std::string_view name) const;
};

struct ServeOptions {
  bool download = false;                       ///< As an attachment, under the file's own name.
  std::string download_name;                   ///< As an attachment under this name; any text is made harmless.
  std::optional<std::uint64_t> cache_max_age;  ///< seconds
  std::string mimetype;                        ///< "" = the node's
};

/// The content of a response as a list of chunks. Chunks may be asked for in any order and again and again, from several
/// threads too; in order they cost one pass over the file. Copies share the open file.
class ServeBody {
 public:
  static constexpr std::size_t kChunk = 65536;  ///< bytes of the largest chunk
  ServeBody() = default;
  explicit ServeBody(Bytes content);

  std::size_t chunk_count() const noexcept { return chunks_; }
  std::uint64_t size() const noexcept { return size_; }
  /// Throws out_of_range beyond the last one; precondition_failed when the file is another one by now, truncated when it
  /// became shorter: what was announced cannot be sent then.
  Task<Bytes> chunk(std::size_t index) const;
  /// The whole body as a part of an open file, where it is one: a server may send it by itself.
  std::optional<FileSpan> file_span() const;
  /// Lets go of the file. A chunk asked for later opens it again.
  void close() const noexcept;

  struct Source;  // node/serve/serve_body.h: the file behind the parts
  void append(Bytes text);
  /// The half-open range of the source's file.
  void append(std::uint64_t begin, std::uint64_t end);
  void set_source(std::shared_ptr<Source> source) { source_ = std::move(source); }
  const std::shared_ptr<Source>& source() const noexcept { return source_; }

 private:
  struct Part {
    Bytes text;  // else a range of the source
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::size_t first_chunk = 0;
  };
  std::vector<Part> parts_;
  std::shared_ptr<Source> source_;
  std::size_t chunks_ = 0;
  std::uint64_t size_ = 0;
};

struct ServeResponse {
  int status = 200;
  HeaderFields headers;  ///< In the order to send them.
  ServeBody body;
  std::string status_line() const;  ///< "200 OK"
};

}  // namespace genro::storage
