#include "layers/retry.h"

#include <map>
#include <string>
#include <utility>

#include "backend/resuming_reader.h"
#include "backend/wrappers.h"
#include "layers/commit_check.h"
#include "layers/layer.h"

namespace genro::storage {
namespace retry {  // named: GCC 12 warns about coroutine frames of templates in an anonymous namespace

/// After which failures a call may be made again.
enum class Repeat : unsigned char { always, if_refused };

template <class AnyCall>
Task<AnswerOf<typename AnyCall::TaskType>> repeated(std::shared_ptr<RetryPolicy> policy, AnyCall call, Repeat repeat) {
  Attempts attempts(*policy);
  for (;;) {
    typename AnyCall::TaskType task = call.again();
    Result<AnswerOf<typename AnyCall::TaskType>> result = co_await task.as_result();
    if (result.ok()) {
      attempts.succeeded();
      co_return std::move(result).take();
    }
    const Error error = result.error();
    const bool safe = repeat == Repeat::always || !ambiguous(error);
    Task<bool> deciding = attempts.again(safe ? error : error.with_retryable(false));
    const bool again = co_await deciding;
    if (!again) attempts.fail(result.exception());
  }
}

/// A write that its own condition guards at every repetition (If-Match; an upload that exists only once). When it fails
/// after a try that may have had its effect, only the target itself can tell: `look` gives its entry if it is ours.
template <class Make, class Look>
Task<Entry> verify_committed(std::shared_ptr<RetryPolicy> policy, Make make, Look look) {
  Attempts attempts(*policy);
  bool unclear = false;
  for (;;) {
    Task<Entry> writing = make();
    Result<Entry> result = co_await writing.as_result();
    if (result.ok()) {
      attempts.succeeded();
      co_return std::move(result).take();
    }
    const Error error = result.error();
    unclear = unclear || ambiguous(error);
    Task<bool> deciding = attempts.again(error);
    const bool again = co_await deciding;
    if (again) continue;
    if (unclear) {
      Task<std::optional<Entry>> looking = look();
      std::optional<Entry> found = co_await looking;
      if (found) co_return std::move(*found);
    }
    attempts.fail(result.exception());
  }
}

}  // namespace retry

namespace {

using retry::Repeat;
using retry::repeated;
using retry::verify_committed;

template <auto kMethod, class Target, class... Args>
auto call_of(Target* target, Op op, Args... args) {
  return OpCall<kMethod, Args...>{op, target, std::tuple<Args...>(std::move(args)...)};
}

class RetrySource final : public ResumeSource {
 public:
  /// `refetched`: the content was corrupt before, as it was opened.
  RetrySource(std::shared_ptr<Backend> inner, std::shared_ptr<RetryPolicy> policy, std::string path, bool refetched)
      : inner_(std::move(inner)), policy_(std::move(policy)), path_(std::move(path)), refetched_(refetched) {}
  Task<std::unique_ptr<Reader>> reopen(ReadOptions options) override { return inner_->read(path_, std::move(options)); }
  Task<bool> may_resume(Error error, int failures) override {
    if (!attempts_) attempts_.emplace(*policy_);
    if (failures >= policy_->options.attempts) error = error.with_retryable(false);
    return attempts_->again(std::move(error));
  }
  bool may_refetch() noexcept override { return !std::exchange(refetched_, true); }
  void resumed() noexcept override {
    if (attempts_) attempts_->succeeded();
    attempts_.reset();
  }

 private:
  std::shared_ptr<Backend> inner_;
  std::shared_ptr<RetryPolicy> policy_;
  std::string path_;
  bool refetched_;
  std::optional<Attempts> attempts_;
};

class RetryUpload final : public UploadWrapper {
 public:
  RetryUpload(std::shared_ptr<Backend> backend, std::shared_ptr<RetryPolicy> policy, std::string path,
              std::unique_ptr<Upload> inner)
      : UploadWrapper(std::move(inner)),
        backend_(std::move(backend)),
        policy_(std::move(policy)),
        path_(std::move(path)),
        began_wall_ns_(policy_->env.clock->wall_ns()) {}
  Task<std::string> part(int number, Body body) override {
    sizes_[number] = body.size();  // before the task runs: parts may be sent from several threads, but are made by one
    return repeated(policy_, call_of<&Upload::part>(&inner(), Op::upload, number, std::move(body)), Repeat::always);
  }
  Task<Entry> complete(std::vector<std::string> tags) override;
  Task<void> abort() override {
    return repeated(policy_, call_of<&Upload::abort>(&inner(), Op::upload), Repeat::always);
  }

 private:
  CommitCheck check(const std::vector<std::string>& tags) const {
    CommitCheck result{0, expected_etag(tags), began_wall_ns_};
    for (const auto& [number, size] : sizes_) result.size += size;
    return result;
  }

  std::shared_ptr<Backend> backend_;
  std::shared_ptr<RetryPolicy> policy_;
  std::string path_;
  std::int64_t began_wall_ns_;
  std::map<int, std::uint64_t> sizes_;
};

/// A completion whose answer got lost may have been done: then the server no longer knows the upload.
Task<Entry> RetryUpload::complete(std::vector<std::string> tags) {
  return verify_committed(
      policy_, [this, tags] { return inner().complete(tags); },
      [this, tags] { return find_completed(*backend_, path_, check(tags)); });
}

class RetryLayer final : public Layer<RetryLayer>, private ServerCopy {
 public:
  RetryLayer(std::shared_ptr<Backend> inner, Env& env, const RetryOptions& options)
      : Layer(inner, inner->caps()), policy_(std::make_shared<RetryPolicy>(env, options)) {}

  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override {
    return resumable(inner_, policy_, std::move(path), std::move(options));
  }
  Task<Entry> put(std::string path, Body body, PutOptions options) override {
    if (options.when.kind != When::Kind::always) {
      return put_once(inner_, policy_, std::move(path), std::move(body), std::move(options));
    }
    if (inner_->caps().guarded_repeats) {
      return put_guarded(inner_, policy_, std::move(path), std::move(body), std::move(options));
    }
    return Layer::put(std::move(path), std::move(body), std::move(options));
  }
  Task<std::unique_ptr<Upload>> upload(std::string path, PutOptions options) override {
    return repeatable(inner_, policy_, std::move(path), std::move(options));
  }
  Task<Entry> copy(std::string from, std::string to, PutOptions options) override {
    if (options.when.kind == When::Kind::always) return Layer::copy(std::move(from), std::move(to), std::move(options));
    return repeated(policy_,
                    call_of<&Backend::copy>(inner_.get(), Op::copy, std::move(from), std::move(to), std::move(options)),
                    Repeat::if_refused);
  }
  ImmediateIo* immediate() noexcept override { return nullptr; }  // what may have to be repeated takes a task
  BulkTransfer* bulk() noexcept override { return nullptr; }      // nothing of it would be repeated
  ServerCopy* server_copy() noexcept override { return inner_->server_copy() ? this : nullptr; }
  const KeyRule* key_rule() const noexcept override { return inner_->key_rule(); }
  Task<std::vector<RemoveFailure>> remove_many(std::vector<std::string> paths) override {
    return remove_all(inner_, policy_, std::move(paths));
  }
  Task<void> append(std::string path, Body body) override { return inner_->append(std::move(path), std::move(body)); }

 private:
  friend Layer;
  bool reaches(const Backend& source) const noexcept override {
    return inner_->server_copy()->reaches(base_backend(source));
  }
  Task<Entry> copy_from(std::shared_ptr<Backend> source, std::string from, std::string to,
                        PutOptions options) override {
    Backend& store = base_backend(*source);
    std::shared_ptr<Backend> held(std::move(source), &store);  // a layer keeps what is behind it
    return repeated(policy_,
                    call_of<&ServerCopy::copy_from>(inner_->server_copy(), Op::copy, std::move(held), std::move(from),
                                                    std::move(to), std::move(options)),
                    Repeat::always);
  }
  template <class AnyCall>
  typename AnyCall::TaskType around(AnyCall call) {
    const Repeat repeat = traits(call.op).idempotent ? Repeat::always : Repeat::if_refused;
    return repeated(policy_, std::move(call), repeat);
  }

  static Task<std::unique_ptr<Reader>> resumable(std::shared_ptr<Backend> inner, std::shared_ptr<RetryPolicy> policy,
                                                 std::string path, ReadOptions options);
  static Task<Entry> put_once(std::shared_ptr<Backend> inner, std::shared_ptr<RetryPolicy> policy, std::string path,
                              Body body, PutOptions options);
  static Task<Entry> put_guarded(std::shared_ptr<Backend> inner, std::shared_ptr<RetryPolicy> policy, std::string path,
                                 Body body, PutOptions options);
  static Task<std::unique_ptr<Upload>> repeatable(std::shared_ptr<Backend> inner, std::shared_ptr<RetryPolicy> policy,
                                                  std::string path, PutOptions options);
  static Task<std::vector<RemoveFailure>> remove_all(std::shared_ptr<Backend> inner,
                                                     std::shared_ptr<RetryPolicy> policy,
                                                     std::vector<std::string> paths);

  std::shared_ptr<RetryPolicy> policy_;
};

Task<std::unique_ptr<Reader>> RetryLayer::resumable(std::shared_ptr<Backend> inner, std::shared_ptr<RetryPolicy> policy,
                                                    std::string path, ReadOptions options) {
  Attempts attempts(*policy);
  for (;;) {
    Task<std::unique_ptr<Reader>> opening = inner->read(path, options);
    Result<std::unique_ptr<Reader>> opened = co_await opening.as_result();
    if (opened.ok()) {
      attempts.succeeded();
      std::unique_ptr<Reader> reader = std::move(opened).take();
      if (reader->buffered()) co_return reader;  // nothing is left to break off
      auto source =
          std::make_unique<RetrySource>(std::move(inner), std::move(policy), std::move(path), attempts.seen_corrupt());
      co_return std::make_unique<ResumingReader>(std::move(reader), std::move(options), std::move(source));
    }
    Task<bool> deciding = attempts.again(opened.error());
    const bool again = co_await deciding;
    if (!again) attempts.fail(opened.exception());
  }
}

Task<Entry> RetryLayer::put_once(std::shared_ptr<Backend> inner, std::shared_ptr<RetryPolicy> policy, std::string path,
                                 Body body, PutOptions options) {
  Backend& target = *inner;
  return verify_committed(
      std::move(policy),
      [&target, path, body, options = std::move(options)] { return target.put(path, body, options); },
      [inner = std::move(inner), path, body] { return find_stored(*inner, path, body); });
}

/// Over whatever is there. After a try that may have had its effect it is done again only if it had none, and only if nothing
/// else is stored meanwhile: no version is made twice, and nobody's later write is undone by a repetition of an earlier one.
Task<Entry> RetryLayer::put_guarded(std::shared_ptr<Backend> inner, std::shared_ptr<RetryPolicy> policy,
                                    std::string path, Body body, PutOptions options) {
  Attempts attempts(*policy);
  bool unclear = false;
  for (;;) {
    Task<Entry> putting = inner->put(path, body, options);
    Result<Entry> result = co_await putting.as_result();
    if (result.ok()) {
      attempts.succeeded();
      co_return std::move(result).take();
    }
    const Error error = result.error();
    const bool overtaken = unclear && error.code() == ErrorCode::precondition_failed;
    unclear = unclear || ambiguous(error);
    Task<bool> deciding = attempts.again(overtaken ? error.with_retryable(true) : error);
    const bool again = co_await deciding;
    if (unclear) {
      Task<std::optional<Entry>> looking = inner->stat(path);
      Result<std::optional<Entry>> seen = co_await looking.as_result();
      const std::optional<Entry> there = seen.ok() ? seen.value() : std::nullopt;
      if (there) {
        Task<bool> comparing = is_stored(*inner, path, *there, body);
        const bool stored = co_await comparing;
        if (stored) co_return *there;
      }
      if (seen.ok()) options.when = there && there->is_file() ? When::if_match(there->etag) : When::if_absent();
    }
    if (!again) attempts.fail(result.exception());
  }
}

Task<std::unique_ptr<Upload>> RetryLayer::repeatable(std::shared_ptr<Backend> inner,
                                                     std::shared_ptr<RetryPolicy> policy, std::string path,
                                                     PutOptions options) {
  Task<std::unique_ptr<Upload>> opening =
      repeated(policy, call_of<&Backend::upload>(inner.get(), Op::upload, path, std::move(options)), Repeat::always);
  std::unique_ptr<Upload> upload = co_await opening;
  co_return std::make_unique<RetryUpload>(std::move(inner), std::move(policy), std::move(path), std::move(upload));
}

/// The whole request is repeated when it fails, single keys when only they failed.
Task<std::vector<RemoveFailure>> RetryLayer::remove_all(std::shared_ptr<Backend> inner,
                                                        std::shared_ptr<RetryPolicy> policy,
                                                        std::vector<std::string> paths) {
  Attempts attempts(*policy);
  std::vector<RemoveFailure> final_failures;
  for (;;) {
    Task<std::vector<RemoveFailure>> removing = inner->remove_many(paths);
    Result<std::vector<RemoveFailure>> result = co_await removing.as_result();
    std::vector<RemoveFailure> passing;
    if (result.ok()) {
      for (RemoveFailure& failure : result.value()) {
        (failure.error.retryable() ? passing : final_failures).push_back(std::move(failure));
      }
      if (passing.empty()) {
        attempts.succeeded();
        co_return final_failures;
      }
    }
    Task<bool> deciding = attempts.again(result.ok() ? passing.front().error : result.error());
    const bool again = co_await deciding;
    if (!again && !result.ok()) attempts.fail(result.exception());
    if (!again) {
      for (RemoveFailure& failure : passing) final_failures.push_back(std::move(failure));
      co_return final_failures;
    }
    if (!result.ok()) continue;
    paths.clear();
    for (RemoveFailure& failure : passing) paths.push_back(std::move(failure.path));
  }
}

}  // namespace

std::shared_ptr<Backend> with_retry(std::shared_ptr<Backend> inner, Env& env, const RetryOptions& options) {
  return std::make_shared<RetryLayer>(std::move(inner), env, options);
}

}  // namespace genro::storage
