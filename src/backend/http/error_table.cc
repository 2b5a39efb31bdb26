#include "backend/http/error_table.h"

#include <utility>

#include "net/http_error.h"

namespace genro::storage {

const ErrorMeaning* find_meaning(ErrorTable table, std::string_view name) noexcept {
  const auto at =
      std::lower_bound(table.begin(), table.end(), name,
                       [](const ErrorMeaning& item, std::string_view wanted) { return item.name < wanted; });
  return at != table.end() && at->name == name ? &*at : nullptr;
}

std::string error_text(std::string_view name, std::string_view message) {
  std::string text(name);
  if (!message.empty()) text.append(text.empty() ? "" : ": ").append(message);
  return text;
}

Error error_of_words(const HttpHead& head, ErrorTable table, ErrorWords words, std::int64_t wall_ns) {
  const std::string text = error_text(words.name, words.message);
  const Error general = error_of_response(head, text, wall_ns);
  std::string id = general.request_id().empty() ? std::string(words.request_id) : general.request_id();
  const ErrorMeaning* known = find_meaning(table, words.name);
  if (known == nullptr) return id.empty() ? general : general.with_request_id(std::move(id));
  Error error = Error(known->code, text).with_request_id(std::move(id));
  if (known->retryable >= 0) error = error.with_retryable(known->retryable == 1);
  return general.retry_after() >= 0 ? error.with_retry_after(general.retry_after()) : error;
}

}  // namespace genro::storage
