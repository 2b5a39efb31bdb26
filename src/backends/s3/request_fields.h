// What the requests of the S3 REST API are put together from: their paths, and the header fields that several of them have.
// Used by requests.cc and upload_requests.cc.
#pragma once

#include <string>
#include <string_view>

#include "auth/aws/sigv4.h"
#include "backends/s3/checksum.h"
#include "backends/s3/requests.h"
#include "genro/storage/options.h"
#include "net/http.h"

namespace genro::storage::s3 {

HttpRequest request(std::string_view method, std::string target);
HttpRequest request(std::string_view method, std::string target, const sigv4::Parameters& parameters);
// `version` "": the current one.
HttpRequest object_request(std::string_view method, std::string_view base, std::string_view key,
                           std::string_view version);
std::string bucket_path(std::string_view base);

// Media type and metadata.
void add_content(const PutOptions& options, HttpRequest& to);
// What the object that is written anew had beside its content; see kept_of() in entry.h.
void add_kept(const PutOptions& options, HttpRequest& to);
void add_checksum(const Checksum& checksum, HttpRequest& to);
void add_source(const CopySource& source, HttpRequest& to);
// The body, in XML.
void set_document(std::string document, HttpRequest& to);

}  // namespace genro::storage::s3
