// The one error type of the library. Every failing operation throws an Error (or stores one in a Result).
// Used by everybody; catch by `const Error&` and look at code(). Never put secrets or signed queries into a message:
// messages travel to logs, tracebacks and pickles.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace genro::storage {

/// What went wrong. One table in core/error.cc maps each code to an HTTP status, an errno, a Python class and "may be retried".
enum class ErrorCode : std::uint8_t {
  not_found,            ///< No such file, folder, bucket or version.
  already_exists,       ///< The target exists and must not.
  is_directory,         ///< A file was needed, a folder was found.
  not_directory,        ///< A folder was needed, a file was found.
  not_empty,            ///< A folder with entries where an empty one was needed.
  same_file,            ///< Source and target of a copy are one file of a file system (Python: shutil.SameFileError).
  permission_denied,    ///< The operating system or the server refused.
  mount_permission,     ///< The mount's own permission level refused (Python: StoragePermissionError).
  unsupported,          ///< The backend cannot do this at all.
  unauthenticated,      ///< Credentials missing, unknown, expired or wrongly signed.
  invalid_argument,     ///< A value the caller passed makes no sense.
  invalid_path,         ///< `..`, NUL, or a path that leaves its root.
  wrong_type,           ///< A value of the wrong type (Python: TypeError).
  config,               ///< A mount's configuration is wrong.
  unknown_mount,        ///< No mount of that name.
  out_of_range,         ///< An index or a byte range outside of what exists.
  precondition_failed,  ///< The object changed or exists, contrary to the caller's condition.
  timeout,              ///< A bounded wait ran out.
  cancelled,            ///< The caller cancelled.
  connection,           ///< Connecting failed or the connection broke.
  tls,                  ///< Certificate or handshake failure.
  protocol,             ///< The other side does not follow its protocol.
  corrupt,              ///< Bytes do not match their checksum.
  truncated,            ///< Fewer bytes arrived than were announced.
  no_space,             ///< Disk or quota is full.
  throttled,            ///< The server asks to slow down.
  unavailable,          ///< The server failed transiently (5xx).
  name_too_long,        ///< A file name longer than the backend takes.
  missing_key,          ///< Content is to be encrypted or decrypted, and no key of its domain is installed.
  undecryptable,        ///< Encrypted content that no key of its domain opens: altered, or of other keys.
  missing_library,      ///< A shared library that the mount's protocol needs is not installed (Python: ImportError).
  io,                   ///< Any other failure of the operating system.
  internal,             ///< A defect of this library or an unexpected exception.
};

/// Facts of the table in error.cc about one code.
struct ErrorTraits {
  std::string_view name;    ///< "not_found"
  int http_status;          ///< 404
  int posix_errno;          ///< ENOENT
  std::string_view python;  ///< Name of the Python class, for example "FileNotFoundError"
  bool retryable;           ///< Whether repeating an idempotent call can help
};
const ErrorTraits& traits(ErrorCode code) noexcept;
std::string_view to_string(ErrorCode code) noexcept;

/// A typed failure. Copying is cheap (one shared record). Immutable but for the with_… functions, which return a changed copy.
class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message);
  /// `operation` is a verb such as "read"; `where` an address such as "s3:docs/a.txt" or a mount path.
  Error(ErrorCode code, std::string operation, std::string where, std::string message);

  ErrorCode code() const noexcept;
  const std::string& operation() const noexcept;
  const std::string& where() const noexcept;
  const std::string& message() const noexcept;     ///< Without operation and place.
  const std::string& request_id() const noexcept;  ///< The server's id of the failed request, "" when it gave none.
  int attempts() const noexcept;                   ///< How often it was tried (1 = once).
  double elapsed() const noexcept;                 ///< Seconds from the first try to the failure; 0 when not measured.
  double retry_after() const noexcept;             ///< Seconds the server asked to wait; negative when it did not say.
  bool retryable() const noexcept;  ///< traits(code()).retryable, unless with_retryable() said otherwise.
  std::exception_ptr cause() const noexcept;

  /// "read s3:docs/a.txt: no such key [request id …, 3 attempts in 1.2 s]"
  const char* what() const noexcept override;

  Error with_operation(std::string operation) const;  ///< Sets it only if it is still empty.
  Error with_where(std::string where) const;  ///< Replaces it: each layer knows the address better than the one below.
  Error with_request_id(std::string id) const;
  Error with_attempts(int attempts, double elapsed_seconds) const;
  Error with_retry_after(double seconds) const;
  Error with_retryable(bool retryable) const;
  Error with_cause(std::exception_ptr cause) const;

  /// The Error inside `error`, or one with code internal that carries its text.
  static Error from(std::exception_ptr error);
  /// From an errno value of a file or socket call.
  static Error from_errno(int errno_value, std::string operation, std::string where);

 private:
  struct Record;
  template <class Change>
  Error changed(Change change) const;
  std::shared_ptr<const Record> record_;
};

}  // namespace genro::storage
