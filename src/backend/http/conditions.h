// ETags and the conditions that rest on them (RFC 9110, 8.8.3 and 13), as a client sends and checks them.
// Used by backends over HTTP. An Entry has its ETag without quotes: here they are added and taken away.
#pragma once

#include <string>
#include <string_view>

#include "genro/storage/options.h"
#include "net/http.h"

namespace genro::storage {

/// Without its quotes and without "W/".
std::string_view plain_etag(std::string_view etag) noexcept;
/// The same of a strong one; "" for a weak one, which does not say that bytes are the same.
std::string_view strong_etag(const HttpHead& head) noexcept;
std::string quoted_etag(std::string_view etag);

/// If-None-Match or If-Match.
void add_condition(const When& when, HttpRequest& to);

/// Some servers know no If-Match. Throws precondition_failed when the answer is of another version than `wanted`; "" = any.
void require_etag(const HttpHead& head, const std::string& wanted, const std::string& path);

}  // namespace genro::storage
