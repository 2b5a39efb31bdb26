// Files in a table of an SQLite database: the backend of docs/backend-in-cpp.md, which explains it piece by piece.
#include <genro/storage/blocking.h>
#include <genro/storage/loadable_backend.h>
#include <sqlite3.h>

#include <chrono>
#include <climits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace {

using namespace genro::storage;

// --- SQLite ---

struct CloseDatabase {
  void operator()(sqlite3* database) const noexcept { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

Error failure_of(sqlite3* database) {
  const int code = sqlite3_errcode(database);
  const ErrorCode kind = code == SQLITE_FULL                               ? ErrorCode::no_space
                         : code == SQLITE_BUSY || code == SQLITE_LOCKED    ? ErrorCode::unavailable
                         : code == SQLITE_READONLY                         ? ErrorCode::permission_denied
                         : code == SQLITE_TOOBIG                           ? ErrorCode::unsupported
                         : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ErrorCode::corrupt
                                                                           : ErrorCode::io;
  return Error(kind, sqlite3_errmsg(database));
}

/// One run of a statement. Its texts and contents are bytes, which SQLite neither reads nor changes.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql) : database_(database) {
    if (sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK) throw failure_of(database);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  Statement& bind(int index, std::string_view bytes) {
    const char* const data = bytes.empty() ? "" : bytes.data();
    if (sqlite3_bind_blob64(statement_, index, data, bytes.size(), SQLITE_STATIC) != SQLITE_OK)
      throw failure_of(database_);
    return *this;
  }
  Statement& bind(int index, std::int64_t number) {
    sqlite3_bind_int64(statement_, index, number);
    return *this;
  }
  /// Whether there is another row.
  bool next() {
    const int outcome = sqlite3_step(statement_);
    if (outcome != SQLITE_ROW && outcome != SQLITE_DONE) throw failure_of(database_);
    return outcome == SQLITE_ROW;
  }
  void run() {
    while (next()) {
    }
  }
  void again() { sqlite3_reset(statement_); }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string_view bytes(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return {data ? data : "", static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

/// All that happens while it lives, or nothing of it.
class Transaction {
 public:
  explicit Transaction(sqlite3* database) : database_(database) { Statement(database, "BEGIN IMMEDIATE").run(); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (!committed_) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  void commit() {
    Statement(database_, "COMMIT").run();
    committed_ = true;
  }

 private:
  sqlite3* database_;
  bool committed_ = false;
};

// --- The backend ---

/// Every path below a folder lies between these two: '0' is what follows '/'.
std::string first_below(const std::string& folder) { return folder.empty() ? "" : folder + "/"; }
std::string first_after(const std::string& folder) { return folder.empty() ? "\xff" : folder + "0"; }

class SqliteBackend final : public LeafBackend {
 public:
  explicit SqliteBackend(Database database) : database_(std::move(database)) {
    caps_.read = caps_.write = caps_.remove = caps_.list = caps_.seek = true;
    caps_.conditional_put = caps_.atomic = true;
  }

  const Caps& caps() const noexcept override { return caps_; }
  std::string_view protocol() const noexcept override { return "sqlite"; }

  Task<std::optional<Entry>> stat(std::string path) override {
    return run_blocking([this, path = std::move(path)] {
      const std::lock_guard lock(mutex_);
      return look(path);
    });
  }

  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override {
    return run_blocking([this, path = std::move(path), options = std::move(options)] {
      const std::lock_guard lock(mutex_);
      Statement row(database_.get(), "SELECT length(data), changed, etag, data FROM files WHERE path = ?");
      if (!row.bind(1, path).next()) throw absent("read", path);
      Entry entry = entry_of(row, path);
      if (!options.if_match.empty() && options.if_match != entry.etag)
        throw Error(ErrorCode::precondition_failed, "read", path, "the file was replaced");
      return reader_of(std::move(entry), Bytes::copy_of(row.bytes(3)), options.range);
    });
  }

  Task<Entry> put(std::string path, Body body, PutOptions options) override {
    return run_blocking([this, path = std::move(path), body = std::move(body), options = std::move(options)] {
      const Bytes content = body.flatten();  // may read a file: before anybody else has to wait
      const std::lock_guard lock(mutex_);
      Transaction transaction(database_.get());
      check_place(path);
      check(options.when, path);
      Statement(database_.get(), "REPLACE INTO files VALUES (?, ?, ?, lower(hex(randomblob(8))))")
          .bind(1, path)
          .bind(2, content.view())
          .bind(3, now_ns())
          .run();
      transaction.commit();
      return *look(path);
    });
  }

  Task<Page> list(std::string path, ListOptions options) override {
    return run_blocking([this, path = std::move(path), options = std::move(options)] {
      const std::lock_guard lock(mutex_);
      return list_page(path, options);
    });
  }

  Task<void> remove(std::string path) override {
    return run_blocking([this, path = std::move(path)] {
      const std::lock_guard lock(mutex_);
      Statement(database_.get(), "DELETE FROM files WHERE path = ?").bind(1, path).run();
    });
  }

 private:
  static Entry entry_of(const Statement& row, std::string path) {  // columns: length, changed, etag
    Entry entry;
    entry.path = std::move(path);
    entry.size = static_cast<std::uint64_t>(row.number(0));
    entry.mtime_ns = row.number(1);
    entry.etag = row.bytes(2);
    return entry;
  }
  static Entry folder_entry(std::string path) {
    Entry entry;
    entry.path = std::move(path);
    entry.kind = EntryKind::directory;
    return entry;
  }
  static std::int64_t now_ns() {
    return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  }

  /// A file, a folder that a path below it implies, or nothing.
  std::optional<Entry> look(const std::string& path) {
    Statement row(database_.get(), "SELECT length(data), changed, etag FROM files WHERE path = ?");
    if (row.bind(1, path).next()) return entry_of(row, path);
    if (path.empty() || has_below(path)) return folder_entry(path);
    return std::nullopt;
  }
  bool has_below(const std::string& folder) {
    Statement below(database_.get(), "SELECT 1 FROM files WHERE path >= ? AND path < ? LIMIT 1");
    return below.bind(1, first_below(folder)).bind(2, first_after(folder)).next();
  }
  Error absent(const char* operation, const std::string& path) {
    if (path.empty() || has_below(path))
      return Error(ErrorCode::is_directory, operation, path, "a directory, not a file");
    return Error(ErrorCode::not_found, operation, path, "there is no such file");
  }

  /// A name is a file or a folder, never both.
  void check_place(const std::string& path) {
    if (path.empty() || has_below(path))
      throw Error(ErrorCode::is_directory, "write", path, "a folder is in its place");
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const std::optional<Entry> above = look(path.substr(0, slash));
      if (above && above->is_file())
        throw Error(ErrorCode::not_directory, "write", path, "a part of its path is a file");
    }
  }
  void check(const When& when, const std::string& path) {
    if (when.kind == When::Kind::always) return;
    const std::optional<Entry> there = look(path);
    const bool met = when.kind == When::Kind::if_absent ? !there : there && there->etag == when.etag;
    if (!met) throw Error(ErrorCode::precondition_failed, "write", path, "the file is not as the condition says");
  }

  /// In the order of bytes, from the token on, which is a path. What lies below a folder is passed over in one step.
  Page list_page(const std::string& folder, const ListOptions& options) {
    if (const std::optional<Entry> there = look(folder); !there || there->is_file()) {
      const ErrorCode code = there ? ErrorCode::not_directory : ErrorCode::not_found;
      throw Error(code, "list", folder, there ? "a file, not a directory" : "there is no such directory");
    }
    const std::size_t most = options.limit == 0 ? 1000 : options.limit;
    const std::string begin = first_below(folder);
    const std::string end = first_after(folder);
    std::string from = options.token.empty() ? begin : options.token;
    Statement rows(database_.get(),
                   "SELECT length(data), changed, etag, path FROM files WHERE path >= ? AND path < ? ORDER BY path");
    rows.bind(1, from).bind(2, end);
    Page page;
    while (rows.next()) {
      std::string path(rows.bytes(3));
      if (page.entries.size() == most) {
        page.next_token = std::move(path);
        break;
      }
      const std::size_t slash = options.recursive ? std::string::npos : path.find('/', begin.size());
      if (slash == std::string::npos) {
        page.entries.push_back(entry_of(rows, std::move(path)));
        continue;
      }
      path.resize(slash);
      from = first_after(path);
      page.entries.push_back(folder_entry(std::move(path)));
      rows.again();
      rows.bind(1, from);
    }
    return page;
  }

  Caps caps_;
  std::mutex mutex_;  // one statement at a time; SQLite itself locks out other processes
  const Database database_;
};

// --- The protocol ---

std::shared_ptr<Backend> make_sqlite(const MountContext& context) {
  const std::string file = context.options.required_text("database");
  sqlite3* opened = nullptr;
  const int outcome = sqlite3_open(file.c_str(), &opened);
  Database database(opened);
  if (outcome != SQLITE_OK)
    throw context.options.wrong("database", "cannot be opened: " + failure_of(opened).message());
  const double timeout = context.options.number("timeout").value_or(5);
  if (timeout < 0 || timeout > 3600) throw context.options.wrong("timeout", "must be between 0 and 3600 seconds");
  sqlite3_busy_timeout(opened, static_cast<int>(timeout * 1000));
  Statement(opened, "CREATE TABLE IF NOT EXISTS files (path BLOB PRIMARY KEY, data BLOB, changed INTEGER, etag TEXT)")
      .run();
  return std::make_shared<SqliteBackend>(std::move(database));
}

constexpr OptionSpec kOptions[] = {
    {.name = "database", .required = true, .place = true, .help = "the file of the database, made if it is missing"},
    {.name = "timeout",
     .type = OptionType::number,
     .otherwise = "5",
     .help = "seconds to wait for another process that writes"},
};
constexpr Protocol kProtocol{
    .name = "sqlite", .summary = "Files in a table of an SQLite database", .options = kOptions, .make = &make_sqlite};
constexpr BackendLibrary kLibrary{.protocol = &kProtocol};

}  // namespace

const BackendLibrary* genro_storage_backend() noexcept { return &kLibrary; }
