// Lister: the pages of a listing as one stream of entries. Fetches ahead on networks: the next page, or, where it walks
// folders itself since a backend cannot list recursively, the first pages of the next folders, as many at once as the store
// takes. Can add the folders that keys of an object store only imply.
// Names are checked here, before anybody joins them to another place: what a server says may be no path ("..", "a//b").
// Used by node (children, tree). Memory: the pages fetched ahead, the folders still to visit, and the names of implied
// folders if asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "backend/in_flight.h"
#include "genro/storage/backend.h"
#include "loop/give_way.h"

namespace genro::storage {

struct ListerOptions {
  bool recursive = false;
  bool folders = true;      ///< Recursive only: give folder entries too, each before what is in it.
  std::uint32_t limit = 0;  ///< Wished entries a page; 0 = the backend's best.
  bool names_only = false;  ///< Nothing but the paths is needed; with recursive kinds and links, too.
  /// Recursive only, for whoever removes what is listed where keys imply folders: all keys below as the store has them, also
  /// those that are no paths, and marks of folders, whose paths end in '/'. No folders.
  bool as_stored = false;
};

class Lister {
 public:
  Lister(std::shared_ptr<Backend> backend, std::string path, ListerOptions options = {});
  /// The next entries (never an empty vector), or nothing at the end. A repeated token is ErrorCode::protocol.
  /// Links to folders are given, never followed. After an error only the destructor may be called.
  Task<std::optional<std::vector<Entry>>> next();
  /// Everything that is left, for listings known to be small.
  Task<std::vector<Entry>> all();
  /// What was listed so far under names that no path can have: never among the entries.
  const std::vector<Entry>& unnamable() const noexcept { return unnamable_; }

 private:
  Task<Page> fetch();
  Task<Page> request(std::string folder, std::string token) const;
  void fetch_ahead(Context& context);
  void check_token(const std::string& token);
  bool takes(Entry& entry) const;
  bool is_own_mark(const Entry& entry) const;
  void check_names(Page& page);
  void digest(Page& page);
  void add_implied(std::vector<Entry>& into, const std::string& path);

  std::shared_ptr<Backend> backend_;
  std::string root_;
  ListerOptions options_;
  std::string folder_;  // being listed now
  std::string token_;
  Stretch stretch_;
  std::vector<std::string> pending_;  // folders still to visit, when walking
  bool walking_ = false;
  bool started_ = false;
  bool finished_ = false;
  int empty_pages_ = 0;
  std::unordered_set<std::uint64_t> tokens_;  // hashes of those seen in folder_
  std::unordered_set<std::string> implied_;
  std::vector<Entry> unnamable_;
  InFlight<std::pair<std::string, std::string>, Page> ahead_;  // pages, by folder and token
};

}  // namespace genro::storage
