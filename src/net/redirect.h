// Following redirects by rule: only GET and HEAD, a few times, never from https to http, and with nothing but the question
// itself once the request leaves its host. Used by fetch() and by backends whose services redirect to plain content;
// signing backends handle redirects themselves, since a signature is made for one host.
#pragma once

#include <memory>
#include <string>

#include "core/env.h"
#include "net/http.h"
#include "net/uri.h"

namespace genro::storage {

struct RedirectOptions {
  int limit = 5;  ///< More redirects than this end with protocol.
  /// A redirect that only adds a slash to the path says that a folder was asked for: it is returned as it is.
  bool return_folder_redirects = false;
  /// Likewise where the server forgets what its own path begins with: "/a/b" leads to "/b/".
  bool return_misplaced_folders = false;
};

/// Sends `request` by `first`, the transport of `endpoint`, and follows what it answers. Statuses 301, 302, 303, 307, 308 with
/// a Location of scheme http or https are followed; other responses are returned as they are. Throws protocol for too many
/// or a senseless Location.
Task<std::unique_ptr<HttpResponse>> send_and_follow(Env& env, std::shared_ptr<HttpTransport> first,
                                                    HttpEndpoint endpoint, HttpRequest request, HttpOptions options,
                                                    RedirectOptions redirects);

/// A transport that does so with every request.
std::shared_ptr<HttpTransport> make_redirecting_client(Env& env, HttpEndpoint endpoint, HttpOptions options,
                                                       RedirectOptions redirects = {});

/// Of `headers` ("Name: value\r\n" lines) those that may reach another host: what is asked for, in which form and under which
/// condition. Anything else may be a secret. Pure.
std::string for_another_host(std::string_view headers);

/// With letters beyond ASCII percent-encoded: people paste such URLs, and servers send them.
std::string ascii_url(std::string_view url);

}  // namespace genro::storage
