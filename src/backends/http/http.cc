// Quirks of the protocol, and what is done about them here:
// 1. Servers and signed URLs may allow GET only: where HEAD is refused, the first byte is asked for.
// 2. Accept-Ranges is a promise, a 206 a proof: only a server that has once sent one is asked for parts of a content beside
//    each other. The rest of a content is asked for of any server: one that sends all of it costs time, not bytes.
// 3. The size of what is made while it is sent is not known: such a content is read, and counted where its size is wanted.
// 4. Only a strong ETag says that bytes are the same. A weak one is not given; then Last-Modified decides.
// 5. A content that is encoded although it was asked for as it is, is what is stored (a .gz) if its length is known. Else it was
//    compressed on the way, and is refused.
// 6. A redirect that adds a slash says that a path is a folder's. Without indexes the page behind it is a file, if there is one.
// 7. Errors are pages for people: nothing of them goes into ours.
#include "backends/http/http.h"

#include <atomic>
#include <utility>

#include "backend/http/body_reader.h"
#include "backend/http/conditions.h"
#include "backend/http/content_range.h"
#include "backend/http/object_client.h"
#include "backend/http/sent_parts.h"
#include "backends/http/config.h"
#include "backends/http/index_page.h"
#include "codec/http_date.h"
#include "codec/percent.h"
#include "loop/task_group.h"
#include "net/http_error.h"
#include "net/redirect.h"

namespace genro::storage {
namespace http {
namespace {

constexpr std::size_t kLooksAtOnce = 8;

class Client final : public HttpObjectClient {
 public:
  Client(Config config, Env& env)
      : HttpObjectClient(env, config.http,
                         [&env](const HttpEndpoint& endpoint, const HttpOptions& options) {
                           RedirectOptions redirects;
                           redirects.return_folder_redirects = true;
                           return make_redirecting_client(env, endpoint, options, redirects);
                         }),
        config_(std::move(config)) {
    set_route(make_route(HttpEndpoint::from(config_.base), {}));
  }
  const Config& config() const noexcept { return config_; }

  /// `folder`: with a slash at its end.
  HttpRequest request(std::string_view method, std::string_view path, bool folder) const {
    HttpRequest made;
    made.method = method;
    made.target = config_.base.path;
    if (!path.empty() || folder || made.target.empty()) made.target += '/';
    percent_encode_to(path, PercentSet::path, made.target);
    if (folder && !path.empty()) made.target += '/';
    if (config_.base.has_query) made.target.append("?").append(config_.base.query);
    made.add_header("accept-encoding", "identity");
    return made;
  }

 private:
  bool authorize(HttpRequest& request, Attempt&) override {
    request.headers += config_.fields;
    return true;
  }
  Error decode_error(const Failure& failure, std::string_view) const override {
    const bool slash_added = failure.head.status / 100 == 3 && failure.head.has("location");
    if (slash_added) return Error(ErrorCode::is_directory, "a directory, not a file");
    return error_of_response(failure.head, {}, wall_ns());
  }

  const Config config_;
};

Entry entry_of(const HttpHead& head, std::string path) {
  Entry entry;
  entry.path = std::move(path);
  entry.size = content_size(head).value_or(0);
  if (const std::optional<std::int64_t> time = parse_http_date(head.find("last-modified"))) entry.mtime_ns = *time;
  entry.etag = strong_etag(head);
  entry.content_type = head.content_type();
  return entry;
}

Entry folder_entry(std::string path) {
  Entry entry;
  entry.path = std::move(path);
  entry.kind = EntryKind::directory;
  return entry;
}

void require_plain(const HttpHead& head, const std::string& path) {
  const std::string_view encoding = head.find("content-encoding");
  if (encoding.empty() || encoding == "identity" || head.content_length) return;
  throw Error(ErrorCode::protocol, "read", path, "the server compresses what was asked for as it is");
}

class Http final : public LeafBackend {
 public:
  explicit Http(std::shared_ptr<Client> client) : client_(std::move(client)) {
    caps_.read = caps_.seek = caps_.public_urls = true;
    caps_.remote = caps_.transient_failures = caps_.coarse_times = true;
    caps_.list = client_->config().index;
  }
  const Caps& caps() const noexcept override { return caps_; }
  std::string_view protocol() const noexcept override { return "http"; }

  Task<std::optional<Entry>> stat(std::string path) override;
  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override;
  Task<Page> list(std::string path, ListOptions options) override;
  Task<Entry> put(std::string path, Body, PutOptions) override {
    throw unsupported("write", path);
    co_return Entry();
  }
  Task<void> remove(std::string path) override {
    throw unsupported("delete", path);
    co_return;
  }
  Task<std::optional<std::string>> url(std::string path, UrlOptions) override;

 private:
  Task<Entry> look(std::string path, bool folder);
  Task<Entry> first_byte(HttpRequest request, std::string path);
  Task<std::unique_ptr<HttpBodyReader>> get(std::string path, ReadOptions options, bool folder);
  Task<void> absent_folder(std::string path, Error error);

  std::shared_ptr<Client> client_;
  Caps caps_;
  SentParts parts_;
  std::atomic<bool> refuses_head_{false};
};

// --- stat ---

/// What a HEAD would say, for servers without it.
Task<Entry> Http::first_byte(HttpRequest request, std::string path) {
  request.method = "GET";
  request.add_header("range", range_value({0, 1}));
  Task<std::unique_ptr<HttpResponse>> sending = client_->send(std::move(request), {"stat", path});
  Result<std::unique_ptr<HttpResponse>> sent = co_await sending.as_result();
  Entry entry;
  entry.path = path;
  if (!sent.ok() && sent.error().code() == ErrorCode::out_of_range) co_return entry;  // there is no first byte
  const std::unique_ptr<HttpResponse> response = std::move(sent).take();
  entry = entry_of(response->head, std::move(path));
  if (content_size(response->head)) co_return entry;
  std::vector<std::byte> scratch(std::size_t{1} << 16);
  for (std::size_t count = 1; count != 0; entry.size += count) {
    Task<std::size_t> reading = response->read_into(scratch);
    count = co_await reading;
  }
  co_return entry;
}

Task<Entry> Http::look(std::string path, bool folder) {
  if (!refuses_head_.load(std::memory_order_relaxed)) {
    Task<std::unique_ptr<HttpResponse>> sending = client_->send(client_->request("HEAD", path, folder), {"stat", path});
    Result<std::unique_ptr<HttpResponse>> sent = co_await sending.as_result();
    if (sent.ok() && content_size(sent.value()->head)) co_return entry_of(sent.value()->head, std::move(path));
    const ErrorCode code = sent.ok() ? ErrorCode::internal : sent.error().code();
    if (code == ErrorCode::unsupported) refuses_head_.store(true, std::memory_order_relaxed);
    if (!sent.ok() && code != ErrorCode::unsupported && code != ErrorCode::permission_denied)
      std::rethrow_exception(sent.exception());
  }
  HttpRequest request = client_->request("GET", path, folder);
  Task<Entry> asking = first_byte(std::move(request), std::move(path));
  co_return co_await asking;
}

Task<std::optional<Entry>> Http::stat(std::string path) {
  const bool root = path.empty() && caps_.list;
  Task<Entry> looking = look(path, root);
  Result<Entry> looked = co_await looking.as_result();
  if (!looked.ok()) {
    const ErrorCode code = looked.error().code();
    if (code == ErrorCode::not_found) co_return std::nullopt;
    if (code != ErrorCode::is_directory) std::rethrow_exception(looked.exception());
    if (!caps_.list) {  // the page of a folder is a file
      Task<Entry> turning = look(path, true);
      Result<Entry> page = co_await turning.as_result();
      if (page.ok()) co_return std::move(page).take();
    }
    co_return folder_entry(std::move(path));
  }
  co_return root ? folder_entry({}) : std::move(looked).take();
}

// --- read ---

Task<std::unique_ptr<HttpBodyReader>> Http::get(std::string path, ReadOptions options, bool folder) {
  const ByteRange range = options.range;
  HttpRequest request = client_->request("GET", path, folder);
  request.may_give_way = &has_strong_etag;  // the retry layer's readers ask for the rest again
  if (!range.whole()) request.add_header("range", range_value(range));
  if (!options.if_match.empty()) request.add_header("if-match", quoted_etag(options.if_match));
  Task<std::unique_ptr<HttpResponse>> sending = client_->send(std::move(request), {"read", path});
  std::unique_ptr<HttpResponse> response = co_await sending;
  require_plain(response->head, path);
  require_etag(response->head, options.if_match, path);
  parts_.see(response->head);
  const bool datable = !strong_etag(response->head).empty() || response->head.has("last-modified");
  co_return parts_.believed(std::make_unique<HttpBodyReader>(std::move(response), std::move(path), range, &entry_of),
                            datable);
}

Task<std::unique_ptr<Reader>> Http::read(std::string path, ReadOptions options) {
  const ByteRange range = options.range;
  if (range.begin > range.end)
    throw Error(ErrorCode::invalid_argument, "read", path, "a range that ends before it begins");
  if (range.begin != range.end) {
    Task<std::unique_ptr<HttpBodyReader>> getting = get(path, options, false);
    Result<std::unique_ptr<HttpBodyReader>> got = co_await getting.as_result();
    if (!got.ok() && got.error().code() == ErrorCode::is_directory && !caps_.list) {
      Task<std::unique_ptr<HttpBodyReader>> turning = get(path, options, true);
      Result<std::unique_ptr<HttpBodyReader>> page = co_await turning.as_result();
      if (page.ok()) got = std::move(page);
    }
    if (got.ok() || got.error().code() != ErrorCode::out_of_range) co_return std::move(got).take();
  }
  Task<Entry> looking = look(path, false);
  Entry entry = co_await looking;
  co_return HttpBodyReader::of_nothing(std::move(entry), range);
}

// --- list, url ---

/// Says why there is no index.
Task<void> Http::absent_folder(std::string path, Error error) {
  Task<std::optional<Entry>> asking = stat(path);
  const std::optional<Entry> found = co_await asking;
  if (found && found->is_file()) throw Error(ErrorCode::not_directory, "list", path, "a file, not a directory");
  throw error;
}

Task<Page> Http::list(std::string path, ListOptions options) {
  if (!caps_.list) throw unsupported("listing without 'index': true", path);
  if (options.recursive) throw unsupported("recursive listing", path);
  HttpRequest request = client_->request("GET", path, true);
  request.add_header("accept", "application/json, text/html;q=0.9");  // Caddy has both
  Uri folder = client_->config().base;
  folder.path = request.target.substr(0, request.target.find('?'));
  Task<Client::Document> asking = client_->document(std::move(request), {"list", path});
  Result<Client::Document> asked = co_await asking.as_result();
  if (!asked.ok() && asked.error().code() == ErrorCode::not_found && !path.empty()) {
    Task<void> explaining = absent_folder(path, asked.error());
    co_await explaining;
  }
  const Client::Document answer = std::move(asked).take();
  Index index = parse_index(answer.body.view(), answer.head.content_type(), folder);
  for (Entry& entry : index.entries) entry.path = path.empty() ? entry.path : path + "/" + entry.path;
  if (!index.complete && !options.names_only) {
    const auto fill = [](Http* self, Entry* entry) -> Task<void> {
      if (entry->is_directory()) co_return;
      Task<std::optional<Entry>> looking = self->stat(entry->path);
      if (std::optional<Entry> found = co_await looking) *entry = std::move(*found);
    };
    Task<void> filling = for_each_parallel(index.entries.size(), kLooksAtOnce,
                                           [&](std::size_t i) { return fill(this, &index.entries[i]); });
    co_await filling;
  }
  Page page;
  page.entries = std::move(index.entries);
  co_return page;
}

Task<std::optional<std::string>> Http::url(std::string path, UrlOptions) {
  const Uri& base = client_->config().base;
  co_return base.safe_text() + (path.empty() ? "" : "/" + path) + (base.has_query ? "?" + base.query : "");
}

}  // namespace
}  // namespace http

std::shared_ptr<Backend> make_http(const MountContext& context) {
  return std::make_shared<http::Http>(std::make_shared<http::Client>(http::parse_config(context.options), context.env));
}

}  // namespace genro::storage
