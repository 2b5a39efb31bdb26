// Layer: a backend that stands in front of another one. Forwarding is written once, here; a layer of its own overrides the
// hook it needs: around() (how a call runs) or map() with restore() (where it goes, and how paths come back).
// Used by retry, permission and prefix, in their .cc files only. A hook that is not overridden costs no coroutine frame.
// Never hold an inner path in a layer's own state: paths are mapped at each call.
// What is beyond the seam (immediate(), bulk(), …) no layer passes on by accident: each says what it does with it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "genro/storage/backend.h"

namespace genro::storage {

/// The operations of the seam that wait, in the order of backend.h.
enum class Op : std::uint8_t {
  stat,
  read,
  put,
  list,
  remove,
  remove_many,
  remove_tree,
  upload,
  stage,
  copy,
  rename,
  append,
  make_dir,
  versions,
  remove_version,
  set_metadata,
  url,
  clean,
};

/// Facts about an operation that layers decide by.
struct OpTraits {
  std::string_view name;  ///< as in Error::operation()
  bool writes;            ///< changes content or metadata
  bool removes;           ///< takes something away from where it was
  bool idempotent;        ///< a second run after an unanswered first one leaves the same state and the same answer
};
const OpTraits& traits(Op op) noexcept;

/// What every layer has, whatever its hooks: lets a chain of layers be looked through.
class LayerBase : public Backend {
 public:
  LayerBase(std::shared_ptr<Backend> inner, Caps caps) : inner_(std::move(inner)), caps_(caps) {}
  const Caps& caps() const noexcept final { return caps_; }
  const Limits& limits() const noexcept final { return inner_->limits(); }
  bool waits() const noexcept final { return inner_->waits(); }
  std::string_view protocol() const noexcept final { return inner_->protocol(); }
  std::string identity() const override { return inner_->identity(); }
  Task<void> close() override { return inner_->close(); }
  Backend& inner() const noexcept { return *inner_; }
  const std::shared_ptr<Backend>& inner_pointer() const noexcept { return inner_; }

 protected:
  std::shared_ptr<Backend> inner_;

 private:
  Caps caps_;
};

/// The backend behind all layers, which keep it as long as they live. `AnyBackend` is Backend or const Backend.
template <class AnyBackend>
AnyBackend& base_backend(AnyBackend& backend) noexcept {
  AnyBackend* here = &backend;
  while (const auto* layer = dynamic_cast<const LayerBase*>(here)) here = &layer->inner();
  return *here;
}

template <class Method>
struct TargetOf;
template <class Class, class Return, class... Parameters>
struct TargetOf<Return (Class::*)(Parameters...)> {
  using type = Class;
};

/// One call of a backend (or of its upload), its arguments kept so that it can be made again.
template <auto kMethod, class... Args>
struct OpCall {
  using Target = typename TargetOf<decltype(kMethod)>::type;
  using TaskType = std::invoke_result_t<decltype(kMethod), Target&, Args...>;
  Op op;
  Target* target;
  std::tuple<Args...> arguments;
  /// Makes it for the last time: gives the arguments away.
  TaskType once() {
    return std::apply([this](Args&... values) { return (target->*kMethod)(std::move(values)...); }, arguments);
  }
  TaskType again() const {
    return std::apply([this](const Args&... values) { return (target->*kMethod)(values...); }, arguments);
  }
};

/// What a task of the seam yields.
template <class TaskType>
using AnswerOf = std::remove_cvref_t<decltype(std::declval<typename TaskType::Awaiter&>().await_resume())>;

/// A task that fails at once: a refusal, seen where the task is awaited.
template <class T>
Task<T> refuse(Error error) {
  throw error;
  if constexpr (std::is_void_v<T>) {
    co_return;
  } else {
    co_return T();
  }
}

template <class Derived>
class Layer : public LayerBase {
 public:
  using LayerBase::LayerBase;

  Task<std::optional<Entry>> stat(std::string path) override { return pass<&Backend::stat>(Op::stat, in(path)); }
  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override {
    return pass<&Backend::read>(Op::read, in(path), std::move(options));
  }
  Task<Entry> put(std::string path, Body body, PutOptions options) override {
    return pass<&Backend::put>(Op::put, in(path), std::move(body), std::move(options));
  }
  Task<Page> list(std::string path, ListOptions options) override {
    return pass<&Backend::list>(Op::list, in(path), std::move(options));
  }
  Task<void> remove(std::string path) override { return pass<&Backend::remove>(Op::remove, in(path)); }
  Task<std::vector<RemoveFailure>> remove_many(std::vector<std::string> paths) override {
    for (std::string& path : paths) path = in(path);
    return pass<&Backend::remove_many>(Op::remove_many, std::move(paths));
  }
  Task<void> remove_tree(std::string path) override { return pass<&Backend::remove_tree>(Op::remove_tree, in(path)); }
  Task<std::unique_ptr<Upload>> upload(std::string path, PutOptions options) override {
    return pass<&Backend::upload>(Op::upload, in(path), std::move(options));
  }
  Task<std::unique_ptr<StagedFile>> stage(std::string path, PutOptions options) override {
    return pass<&Backend::stage>(Op::stage, in(path), std::move(options));
  }
  Task<Entry> copy(std::string from, std::string to, PutOptions options) override {
    return pass<&Backend::copy>(Op::copy, in(from), in(to), std::move(options));
  }
  Task<void> rename(std::string from, std::string to) override {
    return pass<&Backend::rename>(Op::rename, in(from), in(to));
  }
  Task<void> append(std::string path, Body body) override {
    return pass<&Backend::append>(Op::append, in(path), std::move(body));
  }
  Task<void> make_dir(std::string path) override { return pass<&Backend::make_dir>(Op::make_dir, in(path)); }
  Task<std::vector<Version>> versions(std::string path) override {
    return pass<&Backend::versions>(Op::versions, in(path));
  }
  Task<void> remove_version(std::string path, std::string version_id) override {
    return pass<&Backend::remove_version>(Op::remove_version, in(path), std::move(version_id));
  }
  Task<std::vector<VersionFailure>> remove_versions(std::string path, std::vector<std::string> version_ids) override {
    return pass<&Backend::remove_versions>(Op::remove_version, in(path), std::move(version_ids));
  }
  Task<void> set_metadata(std::string path, Metadata metadata) override {
    return pass<&Backend::set_metadata>(Op::set_metadata, in(path), std::move(metadata));
  }
  Task<std::optional<std::string>> url(std::string path, UrlOptions options) override {
    return pass<&Backend::url>(Op::url, in(path), std::move(options));
  }
  std::optional<std::string> internal_url(std::string path, bool nocache) override {
    return inner_->internal_url(in(path), nocache);
  }
  std::optional<std::string> local_file(std::string path) override { return inner_->local_file(in(path)); }
  Task<void> clean(std::string folder, double older_than, std::vector<std::string>* removed) override {
    return pass<&Backend::clean>(Op::clean, in(folder), older_than, removed);
  }

 protected:
  // The hooks. A layer hides the ones that it needs with its own of the same form.
  template <class AnyCall>
  typename AnyCall::TaskType around(AnyCall call) {
    return call.once();
  }
  std::string map(std::string path) const { return path; }
  static constexpr bool kRestores =
      false;  ///< true: `void restore(T& answer)` is called for every answer with paths in it

  template <auto kMethod, class... Args>
  auto pass(Op op, Args... args) {
    using AnyCall = OpCall<kMethod, Args...>;
    AnyCall call{op, inner_.get(), std::tuple<Args...>(std::move(args)...)};
    if constexpr (Derived::kRestores &&
                  requires(AnswerOf<typename AnyCall::TaskType>& answer) { self().restore(answer); }) {
      return restored(&self(), self().around(std::move(call)));
    } else {
      return self().around(std::move(call));
    }
  }

 private:
  template <class TaskType>
  static TaskType restored(Derived* self, TaskType inner) {
    auto answer = co_await inner;
    self->restore(answer);
    co_return answer;
  }
  Derived& self() noexcept { return static_cast<Derived&>(*this); }
  std::string in(std::string& path) { return self().map(std::move(path)); }
};

}  // namespace genro::storage
