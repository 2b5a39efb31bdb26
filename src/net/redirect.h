// A transport that follows redirects by rule: only GET and HEAD, a few times, never from https to http, and without the
// request's secrets once it leaves its host. Used where a service redirects to plain content; signing backends handle
// redirects themselves, since a signature is made for one host.
#pragma once

#include <memory>

#include "core/env.h"
#include "net/http.h"
#include "net/uri.h"

namespace genro::storage {

struct RedirectOptions {
  int limit = 5;  ///< More redirects than this end with protocol.
};

/// Statuses 301, 302, 303, 307, 308 with a Location of scheme http or https are followed; other responses are returned as
/// they are. Throws protocol for too many or a senseless Location.
std::shared_ptr<HttpTransport> make_redirecting_client(Env& env, HttpEndpoint endpoint, HttpOptions options,
                                                       RedirectOptions redirects = {});

/// Whether the response is one of 301, 302, 303, 307, 308 and has a Location. Pure.
bool redirects_to_elsewhere(const HttpResponse& response) noexcept;

/// `headers` ("Name: value\r\n" lines) without what must not reach another host: Authorization, Cookie, Host and signatures. Pure.
std::string without_secrets(std::string_view headers);

}  // namespace genro::storage
