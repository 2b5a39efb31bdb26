#include "node/files/call_files.h"

#include <exception>
#include <map>
#include <tuple>
#include <utility>
#include <variant>

#include "genro/storage/backend.h"
#include "node/location.h"
#include "node/mount.h"
#include "node/snapshot.h"

namespace genro::storage {
namespace {

/// Nodes that stand for one file have one key, on whichever mounts they are.
using Key = std::tuple<std::string, const Backend*, std::string, std::string>;

Key key_of(const Node& node) {
  if (node.detached()) throw Error(ErrorCode::invalid_argument, "call", "None:", "the node belongs to no mount");
  const MountPointer& mount = live_mount(node.mount());
  std::string store = mount->base_backend->identity();
  const Backend* base = store.empty() ? mount->base_backend.get() : nullptr;
  return {std::move(store), base, Location{mount, node.path()}.path_in_base(), node.version()};
}

struct Brought {
  LocalPath local;
  bool writable;
};

}  // namespace

struct CallFiles::State {
  std::vector<std::variant<std::string, Key>> words;
  std::map<Key, Brought> files;
};

namespace {

Task<std::vector<std::string>> open_all(std::shared_ptr<CallFiles::State> state) {
  for (auto& [key, file] : state->files) {
    Task<std::string> opening = file.local.open();
    co_await opening;
  }
  std::vector<std::string> words;
  for (const auto& word : state->words) {
    const auto* text = std::get_if<std::string>(&word);
    words.push_back(text ? *text : state->files.at(std::get<Key>(word)).local.path());
  }
  co_return words;
}

Task<void> commit_all(std::shared_ptr<CallFiles::State> state) {
  std::exception_ptr failure;
  for (auto& [key, file] : state->files) {  // one that fails is no reason to lose the others
    Task<void> committing = file.local.commit();
    const Result<void> committed = co_await committing.as_result();
    if (!committed.ok() && !failure) failure = committed.exception();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

CallFiles::CallFiles(std::vector<CallArgument> arguments) : state_(std::make_shared<State>()) {
  if (arguments.empty()) throw Error(ErrorCode::invalid_argument, "call", "", "call() needs a program to run");
  for (CallArgument& argument : arguments) {
    const Node* node = std::get_if<Node>(&argument.value);
    if (!node) {
      state_->words.emplace_back(std::get<std::string>(std::move(argument.value)));
      continue;
    }
    const Key key = key_of(*node);
    state_->words.emplace_back(key);
    const bool writable = node->version().empty() && node->capabilities().write;
    const auto found = state_->files.find(key);
    if (found != state_->files.end() && (found->second.writable || !writable)) continue;
    state_->files.insert_or_assign(key, Brought{node->local_path(writable ? "rw" : "r"), writable});
  }
}

Task<std::vector<std::string>> CallFiles::open() { return open_all(state_); }

Task<void> CallFiles::commit() { return commit_all(state_); }

void CallFiles::close() noexcept {
  for (auto& [key, file] : state_->files) file.local.close();
}

}  // namespace genro::storage
