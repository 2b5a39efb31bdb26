#include "backend/lister.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "core/path.h"

namespace genro::storage {
namespace {

// A server that answers with nothing but fresh tokens would keep us busy for ever.
constexpr int kMaxEmptyPages = 10'000;
constexpr std::size_t kMostFoldersAhead = 8;  // their pages wait in memory

Task<Page> page_of(std::shared_ptr<Backend> backend, std::string path, ListOptions options) {
  Task<Page> page = backend->list(std::move(path), std::move(options));
  co_return co_await page;
}

}  // namespace

Lister::Lister(std::shared_ptr<Backend> backend, std::string path, ListerOptions options)
    : backend_(std::move(backend)), root_(path), options_(options), folder_(std::move(path)) {}

Task<Page> Lister::fetch() {
  for (;;) {
    Task<Page> task = ahead_.take({folder_, token_}, [this] { return request(folder_, token_); });
    Result<Page> result = co_await task.as_result();
    const bool first = !std::exchange(started_, true);
    if (result.ok()) co_return std::move(result).take();
    const ErrorCode code = result.error().code();
    if (first && options_.recursive && code == ErrorCode::unsupported) {
      walking_ = true;
      continue;
    }
    // A folder that went away between being seen and being visited has nothing in it.
    const bool visiting = walking_ && folder_ != root_;
    if (visiting && (code == ErrorCode::not_found || code == ErrorCode::not_directory)) co_return Page{};
    std::rethrow_exception(result.exception());
  }
}

Task<Page> Lister::request(std::string folder, std::string token) const {
  const bool names_only = options_.names_only && !walking_;  // walking needs to know the folders
  return page_of(backend_, std::move(folder),
                 {std::move(token), options_.recursive && !walking_, options_.limit, names_only});
}

/// Asks for what will be wanted next: the next page of this folder, then the first pages of the next folders.
void Lister::fetch_ahead(Context& context) {
  const auto ask = [&](const std::string& folder, const std::string& token) {
    ahead_.begin(context, {folder, token}, [&] { return request(folder, token); });
  };
  ask(folder_, token_);
  const std::size_t most = walking_ ? std::clamp<std::size_t>(backend_->limits().concurrency, 1, kMostFoldersAhead) : 1;
  for (std::size_t next = pending_.size(); next-- > 0 && ahead_.size() < most;) ask(pending_[next], {});
}

void Lister::check_token(const std::string& token) {
  if (tokens_.insert(std::hash<std::string>{}(token)).second) return;
  throw Error(ErrorCode::protocol, "list", root_,
              "the server repeats a continuation token: the listing would never end");
}

/// Whether the entry has a path of its own below the folder. A mark of a folder becomes the folder.
bool Lister::takes(Entry& entry) const {
  const bool mark = entry.is_directory() && entry.path.ends_with('/');
  if (options_.as_stored && !entry.path.empty() && (mark || !entry.is_directory())) {
    if (entry.path.size() > root_.size() && path::is_within(entry.path, root_)) return true;
    throw Error(ErrorCode::protocol, "list", root_,
                "the server lists what is not in the directory: '" + entry.path + "'");
  }
  if (mark) entry.path.pop_back();
  const bool below = entry.path.size() > folder_.size() && path::is_within(entry.path, folder_);
  const std::string_view name = below ? path::relative_to(entry.path, folder_) : std::string_view();
  if (!name.empty() && path::is_clean(name)) return true;
  if (mark) entry.path += '/';
  return false;
}

/// Whether the entry is the mark of the very folder that is listed, as the store or a layer names it.
bool Lister::is_own_mark(const Entry& entry) const {
  if (!entry.is_directory()) return false;
  if (folder_.empty()) return entry.path.empty();
  return entry.path.size() == folder_.size() + 1 && entry.path.ends_with('/') && entry.path.starts_with(folder_);
}

void Lister::check_names(Page& page) {
  std::erase_if(page.entries, [this](Entry& entry) {
    if (takes(entry)) return false;
    if (is_own_mark(entry)) return true;
    unnamable_.push_back(entry);
    if (!entry.path.ends_with('/')) return true;
    // A mark with a content: it has no name, but its folder has.
    entry = Entry();
    entry.path = unnamable_.back().path.substr(0, unnamable_.back().path.size() - 1);
    entry.kind = EntryKind::directory;
    return !takes(entry);
  });
}

/// Turns a page into what the user asked for and decides what comes next.
void Lister::digest(Page& page) {
  check_names(page);
  if (options_.as_stored && !walking_) {
    // Everything as it is.
  } else if (walking_) {
    for (const Entry& entry : page.entries) {
      if (entry.is_directory() && !entry.is_link) pending_.push_back(entry.path);
    }
    if (!options_.folders) std::erase_if(page.entries, [](const Entry& entry) { return entry.is_directory(); });
  } else if (options_.recursive) {
    std::vector<Entry> entries;
    entries.reserve(page.entries.size());
    for (Entry& entry : page.entries) {
      if (!options_.folders) {
        if (entry.is_directory()) continue;
      } else {
        add_implied(entries, std::string(path::parent(entry.path)));
        if (entry.is_directory() && !implied_.insert(entry.path).second) continue;
      }
      entries.push_back(std::move(entry));
    }
    page.entries = std::move(entries);
  }
  if (!page.next_token.empty()) {
    check_token(page.next_token);
    token_ = std::move(page.next_token);
  } else if (!pending_.empty()) {
    folder_ = std::move(pending_.back());
    pending_.pop_back();
    token_.clear();
    tokens_.clear();
  } else {
    finished_ = true;
  }
}

void Lister::add_implied(std::vector<Entry>& into, const std::string& path) {
  if (path.size() <= root_.size() || implied_.contains(path)) return;
  add_implied(into, std::string(path::parent(path)));
  implied_.insert(path);
  Entry folder;
  folder.path = path;
  folder.kind = EntryKind::directory;
  into.push_back(std::move(folder));
}

Task<std::optional<std::vector<Entry>>> Lister::next() {
  while (!finished_) {
    Task<Page> task = fetch();
    Page page = co_await task;
    const std::size_t count = page.entries.size();
    digest(page);
    co_await give_way(stretch_, count * kEntryBytes);
    if (!finished_ && backend_->caps().remote) {
      Context& context = co_await current_context();
      fetch_ahead(context);
    }
    if (!page.entries.empty()) {
      empty_pages_ = 0;
      co_return std::optional<std::vector<Entry>>(std::move(page.entries));
    }
    if (!token_.empty() && ++empty_pages_ > kMaxEmptyPages) {
      throw Error(ErrorCode::protocol, "list", root_, "the server sends empty pages without end");
    }
  }
  co_return std::nullopt;
}

Task<std::vector<Entry>> Lister::all() {
  std::vector<Entry> entries;
  for (;;) {
    Task<std::optional<std::vector<Entry>>> task = next();
    std::optional<std::vector<Entry>> page = co_await task;
    if (!page) break;
    if (entries.empty()) {
      entries = std::move(*page);
    } else {
      entries.insert(entries.end(), std::make_move_iterator(page->begin()), std::make_move_iterator(page->end()));
    }
  }
  co_return entries;
}

}  // namespace genro::storage
