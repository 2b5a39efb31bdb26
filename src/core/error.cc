#include "genro/storage/error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

namespace genro::storage {
namespace {

// In the order of ErrorCode.
constexpr ErrorTraits kTable[] = {
    {"not_found", 404, ENOENT, "StorageNotFoundError", false},
    {"already_exists", 409, EEXIST, "StorageExistsError", false},
    {"is_directory", 409, EISDIR, "StorageIsADirectoryError", false},
    {"not_directory", 409, ENOTDIR, "StorageNotADirectoryError", false},
    {"not_empty", 409, ENOTEMPTY, "StorageNotEmptyError", false},
    {"same_file", 409, EINVAL, "StorageSameFileError", false},
    {"permission_denied", 403, EACCES, "StoragePermissionError", false},
    {"mount_permission", 403, EACCES, "StoragePermissionError", false},
    {"unsupported", 405, ENOTSUP, "StorageUnsupportedError", false},
    {"unauthenticated", 401, EACCES, "StorageAuthenticationError", false},
    {"invalid_argument", 400, EINVAL, "StorageValueError", false},
    {"invalid_path", 400, EINVAL, "StoragePathError", false},
    {"wrong_type", 400, EINVAL, "StorageTypeError", false},
    {"config", 400, EINVAL, "StorageConfigError", false},
    {"unknown_mount", 404, ENOENT, "StorageNotFoundError", false},
    {"out_of_range", 416, ERANGE, "StorageIndexError", false},
    {"precondition_failed", 412, ESTALE, "StorageConflictError", false},
    {"timeout", 504, ETIMEDOUT, "StorageTimeoutError", true},
    {"cancelled", 499, ECANCELED, "StorageCancelledError", false},
    {"connection", 502, ECONNRESET, "StorageConnectionError", true},
    {"tls", 502, EPROTO, "StorageConnectionError", false},
    {"protocol", 502, EPROTO, "StorageProtocolError", false},
    {"corrupt", 502, EBADMSG, "StorageCorruptError", true},
    {"truncated", 502, EPIPE, "StorageTruncatedError", true},
    {"no_space", 507, ENOSPC, "StorageNoSpaceError", false},
    {"throttled", 429, EBUSY, "StorageThrottledError", true},
    {"unavailable", 503, EAGAIN, "StorageUnavailableError", true},
    {"name_too_long", 400, ENAMETOOLONG, "StorageNameError", false},
    {"missing_key", 500, EACCES, "StorageError", false},
    {"undecryptable", 500, EBADMSG, "StorageInvalidTokenError", false},
    {"missing_library", 500, ELIBACC, "StorageDependencyError", false},
    {"io", 500, EIO, "StorageIOError", false},
    {"internal", 500, EIO, "StorageInternalError", false},
};
static_assert(std::size(kTable) == static_cast<std::size_t>(ErrorCode::internal) + 1);

ErrorCode code_of_errno(int value) noexcept {
  switch (value) {
    case ENOENT: return ErrorCode::not_found;
    case EEXIST: return ErrorCode::already_exists;
    case EISDIR: return ErrorCode::is_directory;
    case ENOTDIR: return ErrorCode::not_directory;
    case ENOTEMPTY: return ErrorCode::not_empty;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorCode::permission_denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ErrorCode::no_space;
    case ENAMETOOLONG: return ErrorCode::name_too_long;
    case EINVAL: return ErrorCode::invalid_argument;
    case ELOOP:
    case EXDEV: return ErrorCode::invalid_path;
    case EOPNOTSUPP:
    case ENOSYS: return ErrorCode::unsupported;
    case ETIMEDOUT: return ErrorCode::timeout;
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ENETUNREACH:
    case EHOSTUNREACH: return ErrorCode::connection;
    case ECANCELED: return ErrorCode::cancelled;
    default: return ErrorCode::io;
  }
}

}  // namespace

struct Error::Record {
  ErrorCode code = ErrorCode::internal;
  std::string operation;
  std::string where;
  std::string message;
  std::string request_id;
  int attempts = 1;
  double elapsed = 0;
  double retry_after = -1;
  bool retryable = false;
  std::exception_ptr cause;
  std::string what;

  void compose() {
    what = operation;
    if (!where.empty()) what.append(what.empty() ? "" : " ").append(where);
    if (!what.empty()) what += ": ";
    what += message;
    std::string tail;
    if (!request_id.empty()) tail = "request id " + request_id;
    if (attempts > 1) {
      char text[64];
      std::snprintf(text, sizeof text, "%s%d attempts in %.1f s", tail.empty() ? "" : ", ", attempts, elapsed);
      tail += text;
    }
    if (!tail.empty()) what += " [" + tail + "]";
  }
};

const ErrorTraits& traits(ErrorCode code) noexcept { return kTable[static_cast<std::size_t>(code)]; }
std::string_view to_string(ErrorCode code) noexcept { return traits(code).name; }

Error::Error(ErrorCode code, std::string message) : Error(code, {}, {}, std::move(message)) {}

Error::Error(ErrorCode code, std::string operation, std::string where, std::string message) {
  auto record = std::make_shared<Record>();
  record->code = code;
  record->operation = std::move(operation);
  record->where = std::move(where);
  record->message = std::move(message);
  record->retryable = traits(code).retryable;
  record->compose();
  record_ = std::move(record);
}

ErrorCode Error::code() const noexcept { return record_->code; }
const std::string& Error::operation() const noexcept { return record_->operation; }
const std::string& Error::where() const noexcept { return record_->where; }
const std::string& Error::message() const noexcept { return record_->message; }
const std::string& Error::request_id() const noexcept { return record_->request_id; }
int Error::attempts() const noexcept { return record_->attempts; }
double Error::elapsed() const noexcept { return record_->elapsed; }
double Error::retry_after() const noexcept { return record_->retry_after; }
bool Error::retryable() const noexcept { return record_->retryable; }
std::exception_ptr Error::cause() const noexcept { return record_->cause; }
const char* Error::what() const noexcept { return record_->what.c_str(); }

template <class Change>
Error Error::changed(Change change) const {
  auto record = std::make_shared<Record>(*record_);
  change(*record);
  record->compose();
  Error result(*this);
  result.record_ = std::move(record);
  return result;
}

Error Error::with_operation(std::string operation) const {
  if (!record_->operation.empty()) return *this;
  return changed([&](Record& record) { record.operation = std::move(operation); });
}
Error Error::with_where(std::string where) const {
  return changed([&](Record& record) { record.where = std::move(where); });
}
Error Error::with_request_id(std::string id) const {
  return changed([&](Record& record) { record.request_id = std::move(id); });
}
Error Error::with_attempts(int attempts, double elapsed_seconds) const {
  return changed([&](Record& record) {
    record.attempts = attempts;
    record.elapsed = elapsed_seconds;
  });
}
Error Error::with_retry_after(double seconds) const {
  return changed([&](Record& record) { record.retry_after = seconds; });
}
Error Error::with_retryable(bool retryable) const {
  return changed([&](Record& record) { record.retryable = retryable; });
}
Error Error::with_cause(std::exception_ptr cause) const {
  return changed([&](Record& record) { record.cause = std::move(cause); });
}

Error Error::from(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    return known;
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::internal, "out of memory").with_cause(error);
  } catch (const std::exception& other) {
    return Error(ErrorCode::internal, other.what()).with_cause(error);
  } catch (...) {
    return Error(ErrorCode::internal, "unknown exception").with_cause(error);
  }
}

Error Error::from_errno(int errno_value, std::string operation, std::string where) {
  char buffer[128];
  const char* text = strerror_r(errno_value, buffer, sizeof buffer);
  return Error(code_of_errno(errno_value), std::move(operation), std::move(where), text);
}

}  // namespace genro::storage
