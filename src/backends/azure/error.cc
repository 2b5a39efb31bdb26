#include "backends/azure/error.h"

#include <algorithm>
#include <array>
#include <string>

#include "backend/http/error_document.h"
#include "backend/http/error_table.h"
#include "core/path.h"
#include "text/utf8.h"

namespace genro::storage::azure {
namespace {

// Those whose status says something else, or less. What may pass by itself says so.
constexpr std::array kMeanings = std::to_array<ErrorMeaning>({
    {"AccountBeingCreated", ErrorCode::unavailable, 1},
    {"AuthenticationFailed", ErrorCode::unauthenticated, -1},
    {"BlobAlreadyExists", ErrorCode::precondition_failed, -1},
    {"BlobArchived", ErrorCode::permission_denied, -1},
    {"BlobBeingRehydrated", ErrorCode::permission_denied, -1},
    {"BlobImmutableDueToPolicy", ErrorCode::permission_denied, -1},
    {"BlockCountExceedsLimit", ErrorCode::unsupported, -1},
    {"ContainerBeingDeleted", ErrorCode::unavailable, 1},
    {"ContainerDisabled", ErrorCode::permission_denied, -1},
    {"Crc64Mismatch", ErrorCode::corrupt, 1},
    {"DirectoryIsNotEmpty", ErrorCode::not_empty, -1},
    {"InvalidAuthenticationInfo", ErrorCode::unauthenticated, -1},
    {"InvalidBlobType", ErrorCode::unsupported, -1},
    {"InvalidBlockList", ErrorCode::precondition_failed, -1},
    {"InvalidResourceName", ErrorCode::invalid_path, -1},
    {"LeaseIdMismatchWithBlobOperation", ErrorCode::permission_denied, -1},
    {"LeaseIdMissing", ErrorCode::permission_denied, -1},
    {"LeaseLost", ErrorCode::permission_denied, -1},
    {"Md5Mismatch", ErrorCode::corrupt, 1},
    {"NoPendingCopyOperation", ErrorCode::precondition_failed, -1},
    {"OperationTimedOut", ErrorCode::timeout, 1},
    {"PendingCopyOperation", ErrorCode::unavailable, 1},
    {"PublicAccessNotPermitted", ErrorCode::permission_denied, -1},
    {"ServerBusy", ErrorCode::throttled, -1},
    {"SnapshotsPresent", ErrorCode::not_empty, -1},
});
static_assert(is_error_table(kMeanings));

struct Advice {
  std::string_view name;
  std::string_view what;
};
constexpr std::array kAdvice = std::to_array<Advice>({
    {"BlobArchived", "the blob is in the archive tier: change its tier and wait until it is there"},
    {"BlobBeingRehydrated", "the blob is on its way out of the archive tier: this takes hours"},
    {"BlockCountExceedsLimit", "a blob has at most 50,000 blocks: write it anew"},
    {"InvalidBlobType", "the blob is of another type, which cannot be changed: delete it first"},
    {"InvalidBlockList", "somebody else wrote the blob meanwhile, and its blocks are gone"},
    {"LeaseIdMismatchWithBlobOperation", "the blob is leased under another id than the mount's 'lease_id'"},
    {"LeaseIdMissing", "the blob is leased: give the mount the 'lease_id', or wait until the lease ends"},
    {"LeaseLost", "the lease of the mount's 'lease_id' has ended"},
    {"SnapshotsPresent", "the blob has snapshots: the option 'delete_snapshots' deletes them with it"},
});

// The service adds the request's id and time in lines of their own.
std::string_view first_line(std::string_view text) noexcept { return text.substr(0, text.find_first_of("\r\n")); }

}  // namespace

std::string_view code_in(const HttpHead& head) noexcept { return head.find("x-ms-error-code"); }

Error error_of(const HttpHead& head, std::string_view document, std::string_view key, std::int64_t wall_ns) {
  const ErrorDocument said = parse_error_document(document);
  const std::string_view name = said.is_error() ? said.code : code_in(head);
  std::string_view message = first_line(said.message);
  for (const Advice& advice : kAdvice) {
    if (advice.name == name) message = advice.what;
  }
  Error error = error_of_words(head, kMeanings, {name, message, {}}, wall_ns);
  if (head.status == 400 && key.size() > kLongestName && find_meaning(kMeanings, name) == nullptr) {
    return Error(ErrorCode::name_too_long, "the name is longer than the server takes")
        .with_request_id(error.request_id());
  }
  return error;
}

std::string_view name_fault(std::string_view path) noexcept {
  if (path.find('\\') != std::string_view::npos) return "the service takes a backslash for a slash";
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);  // the mark of a folder
  if (!path::is_clean(path)) return "a request for a name with an empty part, '.' or '..' may reach another blob";
  return find_invalid_utf8(path) == std::string_view::npos ? "" : "the name of a blob must be UTF-8";
}

bool is_too_long(std::string_view prefix, std::string_view path) noexcept {
  if (prefix.size() + path.size() <= kLongestName) return false;
  const auto begins = [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; };
  const auto characters =
      std::count_if(prefix.begin(), prefix.end(), begins) + std::count_if(path.begin(), path.end(), begins);
  return static_cast<std::size_t>(characters) > kLongestName;
}

}  // namespace genro::storage::azure
