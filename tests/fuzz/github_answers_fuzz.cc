// Whatever a server sends as an answer of GitHub's API: it is refused with an Error, or its values keep what they promise.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "backends/github/answers.h"
#include "codec/git_object.h"
#include "core/path.h"
#include "genro/storage/error.h"

namespace github = genro::storage::github;

namespace {

template <class Parse>
void attempt(Parse parse) {
  try {
    parse();
  } catch (const genro::storage::Error& error) {
    if (error.code() != genro::storage::ErrorCode::protocol) std::abort();
  }
}

void require(bool kept) {
  if (!kept) std::abort();
}

void check_tree(std::string_view document) {
  const github::Tree tree = github::parse_tree(document);
  std::string_view before;
  for (const github::TreeItem& item : tree.items) {
    require(item.path > before && genro::storage::path::is_clean(item.path) &&
            genro::storage::is_git_object_id(item.id));
    require(tree.find(item.path) == &item);
    before = item.path;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  attempt([document] { check_tree(document); });
  attempt([document] {
    const github::Commit commit = github::parse_commit(document);
    require(genro::storage::is_git_object_id(commit.id) && genro::storage::is_git_object_id(commit.tree));
  });
  attempt([document] { github::parse_commits(document); });
  github::parse_message(document);
  require(genro::storage::git_lfs_target(document).find('\n') == std::string::npos);
  return 0;
}
