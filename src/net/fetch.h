// fetch(): one GET of a URL from elsewhere, redirects followed by rule. Used by Node::fill_from_url.
// Nothing of ours goes along: no credentials but those in the URL itself, and these only to its own host.
#pragma once

#include <memory>
#include <string>

#include "core/env.h"
#include "genro/storage/fetch.h"
#include "net/http.h"

namespace genro::storage {

/// The URL for messages: without user, password and query. What cannot be read as a URL is not shown.
std::string shown_url(const std::string& url);

/// Throws invalid_argument ("Invalid URL") unless it is one with scheme http or https, and for options that make no sense.
void require_fetchable(const std::string& url, const FetchOptions& options);

/// A response with a status of 2xx, its body unread. Throws, with a message that begins "Failed to download <URL>": what the
/// connection failed with, permission_denied for an address that public_only forbids, protocol for too many redirects, for one
/// from https to http and for one to another scheme, not_found, throttled, unavailable, timeout or io by the status.
Task<std::unique_ptr<HttpResponse>> fetch(Env& env, std::string url, FetchOptions options);

}  // namespace genro::storage
