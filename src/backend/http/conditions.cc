#include "backend/http/conditions.h"

#include "genro/storage/error.h"

namespace genro::storage {

std::string_view plain_etag(std::string_view etag) noexcept {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') return etag.substr(1, etag.size() - 2);
  return etag;
}

std::string_view strong_etag(const HttpHead& head) noexcept {
  const std::string_view etag = head.etag();
  return etag.starts_with("W/") ? std::string_view() : plain_etag(etag);
}

std::string quoted_etag(std::string_view etag) { return std::string("\"").append(etag).append("\""); }

void add_condition(const When& when, HttpRequest& to) {
  if (when.kind == When::Kind::if_absent) to.add_header("if-none-match", "*");
  if (when.kind == When::Kind::if_match) to.add_header("if-match", quoted_etag(when.etag));
}

void require_etag(const HttpHead& head, const std::string& wanted, const std::string& path) {
  if (wanted.empty() || plain_etag(head.etag()) == wanted) return;
  throw Error(ErrorCode::precondition_failed, "read", path, "the content was replaced meanwhile");
}

}  // namespace genro::storage
