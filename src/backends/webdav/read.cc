#include "backends/webdav/read.h"

#include <optional>
#include <utility>

#include "backend/http/body_reader.h"
#include "backend/http/conditions.h"
#include "backend/http/content_range.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/http_date.h"

namespace genro::storage::webdav {
namespace {

Entry entry_of(const HttpHead& head, std::string path) {
  Entry entry;
  entry.path = std::move(path);
  entry.size = content_size(head).value_or(0);
  if (const std::optional<std::int64_t> time = parse_http_date(head.find("last-modified"))) entry.mtime_ns = *time;
  entry.etag = plain_etag(head.etag());
  entry.content_type = head.content_type();
  return entry;
}

/// Nextcloud's and ownCloud's: "SHA1:…", among others.
Checksum announced_checksum(const HttpHead& head) {
  constexpr std::string_view kName = "SHA1:";
  constexpr std::size_t kDigits = 40;
  const std::string_view sums = head.find("oc-checksum");
  const std::size_t at = sums.find(kName);
  if (at == std::string_view::npos) return {};
  const auto value = hex_decode(sums.substr(at + kName.size(), kDigits));
  return value && value->size() * 2 == kDigits ? Checksum{ChecksumAlgorithm::sha1, base64_encode(*value)} : Checksum();
}

Task<Entry> file_at(std::shared_ptr<Client> client, std::string path) {
  Task<std::optional<Resource>> asking = client->look(path, "read");
  std::optional<Resource> found = co_await asking;
  if (!found) throw Error(ErrorCode::not_found, "read", path, "there is no such file");
  if (found->entry.is_directory()) throw Error(ErrorCode::is_directory, "read", path, "a directory, not a file");
  co_return std::move(found->entry);
}

}  // namespace

Task<std::unique_ptr<Reader>> read_content(std::shared_ptr<Client> client, SentParts* parts, std::string path,
                                           ReadOptions options) {
  const ByteRange range = options.range;
  if (range.begin > range.end)
    throw Error(ErrorCode::invalid_argument, "read", path, "a range that ends before it begins");
  if (range.begin != range.end) {
    HttpRequest request = client->request("GET", path);
    request.may_give_way = &has_strong_etag;  // the retry layer's readers ask for the rest again
    request.add_header("accept-encoding", "identity");
    if (!range.whole()) request.add_header("range", range_value(range));
    Task<std::unique_ptr<HttpResponse>> sending = client->send(request, {"read", path});
    Result<std::unique_ptr<HttpResponse>> sent = co_await sending.as_result();
    const ErrorCode code = sent.ok() ? ErrorCode::internal : sent.error().code();
    const bool page = sent.ok() && sent.value()->head.etag().empty() && !sent.value()->head.has("last-modified");
    const bool refused = !sent.ok() && code != ErrorCode::out_of_range && code != ErrorCode::unauthenticated &&
                         !sent.error().retryable();
    if (page || refused) {  // of a folder there may be any answer
      Task<Entry> looking = file_at(client, path);
      const Entry found = co_await looking;
      if (code == ErrorCode::not_found) {  // it is there after all: while it was replaced, it was not
        Task<std::unique_ptr<HttpResponse>> again = client->send(std::move(request), {"read", path});
        sent = co_await again.as_result();
      }
    }
    if (sent.ok() || sent.error().code() != ErrorCode::out_of_range) {
      std::unique_ptr<HttpResponse> response = std::move(sent).take();
      require_etag(response->head, options.if_match, path);
      parts->see(response->head);
      Checksum expected = range.whole() ? announced_checksum(response->head) : Checksum();
      co_return parts->believed(std::make_unique<HttpBodyReader>(std::move(response), std::move(path), range, &entry_of,
                                                                 std::move(expected)));
    }
  }
  Task<Entry> looking = file_at(client, path);
  Entry found = co_await looking;
  co_return HttpBodyReader::of_nothing(std::move(found), range);
}

}  // namespace genro::storage::webdav
