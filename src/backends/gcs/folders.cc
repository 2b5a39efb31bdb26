#include "backends/gcs/folders.h"

#include <exception>
#include <utility>

#include "backends/gcs/answers.h"
#include "genro/storage/error.h"

namespace genro::storage::gcs {
namespace {

constexpr int kConflict = 409;

}  // namespace

Folders::Folders(std::shared_ptr<Client> client)
    : client_(std::move(client)),
      kind_(!client_->config().hierarchical   ? Kind::unknown
            : *client_->config().hierarchical ? Kind::hierarchical
                                              : Kind::flat) {}

/// Whoever may list objects may ask. Servers that do not know the question, and those that refuse it, have no folders for us.
Task<bool> Folders::are_kept(std::string path, std::string_view operation) {
  Kind kind = kind_.load(std::memory_order_relaxed);
  if (kind == Kind::unknown) {
    RequestContext context{operation, path};
    context.absent_is_answer = true;
    Task<Client::Document> asking = client_->document(client_->requests().storage_layout(), context);
    Result<Client::Document> asked = co_await asking.as_result();
    if (!asked.ok() && asked.error().retryable()) std::rethrow_exception(asked.exception());
    const bool folders = asked.ok() && asked.value().head.ok() && parse_layout(asked.value().body.view());
    kind = folders ? Kind::hierarchical : Kind::flat;
    kind_.store(kind, std::memory_order_relaxed);
  }
  co_return kind == Kind::hierarchical;
}

Task<bool> Folders::has(std::string path, std::string_view operation) {
  Task<bool> asking = are_kept(path, operation);
  const bool kept = co_await asking;
  if (!kept) co_return false;
  RequestContext context{operation, path};
  context.absent_is_answer = true;
  HttpRequest request = client_->requests().folder("GET", client_->config().prefix + path + "/");
  Task<Client::Document> looking = client_->document(std::move(request), context);
  const Client::Document answer = co_await looking;
  co_return answer.head.ok();
}

Task<void> Folders::make(std::string path) {
  RequestContext context{"mkdir", path};
  context.other_answer = kConflict;
  HttpRequest request = client_->requests().make_folder(client_->config().prefix + path + "/");
  Task<Client::Document> making = client_->document(std::move(request), context);
  const Client::Document answer = co_await making;
  if (!answer.head.ok()) throw Error(ErrorCode::already_exists, "mkdir", path, "the folder exists already");
}

Task<void> Folders::remove(std::string path, std::string_view operation) {
  Task<bool> asking = are_kept(path, operation);
  const bool kept = co_await asking;
  if (!kept) co_return;
  RequestContext context{operation, path};
  context.absent_is_answer = true;
  context.other_answer = kConflict;
  HttpRequest request = client_->requests().folder("DELETE", client_->config().prefix + path + "/");
  request.idempotent = true;
  Task<Client::Document> removing = client_->document(std::move(request), context);
  const Client::Document answer = co_await removing;
  if (answer.head.status == kConflict)
    throw Error(ErrorCode::not_empty, std::string(operation), path, "the folder is not empty");
}

}  // namespace genro::storage::gcs
