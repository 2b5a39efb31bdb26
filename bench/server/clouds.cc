#include "clouds.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>

namespace fixed_s3 {
namespace {

constexpr std::string_view kDate = "Sat, 03 Oct 2026 10:00:00 GMT";
constexpr std::string_view kJson = "Content-Type: application/json; charset=UTF-8\r\n";
constexpr std::string_view kXmlType = "Content-Type: application/xml\r\n";
constexpr std::string_view kBlobsHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<EnumerationResults ServiceEndpoint=\"http://127.0.0.1/\" "
    "ContainerName=\"bench\"><Prefix>list/</Prefix><Blobs>";
constexpr std::string_view kDavHead = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:multistatus xmlns:D=\"DAV:\">";

Response made(std::string_view status, std::string text, std::string_view headers) {
  Response response;
  response.text = std::move(text);
  response.head = response_head(status, response.text.size(), headers);
  return response;
}

std::string json_object(std::string_view key, std::size_t size) {
  const std::string number = std::to_string(size), name(key);
  return R"({"kind":"storage#object","id":"bench/)" + name + R"(/1","name":")" + name +
         R"(","bucket":"bench","generation":"1","metageneration":"1","contentType":"application/octet-stream",)"
         R"("storageClass":"STANDARD","size":")" +
         number + R"(","etag":"CAE=","timeCreated":"2026-10-03T10:00:00.000Z","updated":"2026-10-03T10:00:00.000Z"})";
}

std::string blob_element(std::string_view key, std::size_t size) {
  char text[512];
  std::snprintf(text, sizeof text,
                "<Blob><Name>%.*s</Name><Properties><Creation-Time>%s</Creation-Time><Last-Modified>%s</Last-Modified>"
                "<Etag>0x%016zX</Etag><Content-Length>%zu</Content-Length><Content-Type>application/octet-stream"
                "</Content-Type><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier></Properties></Blob>",
                static_cast<int>(key.size()), key.data(), kDate.data(), kDate.data(), size, size);
  return text;
}

std::string dav_file(std::string_view key, std::size_t size) {
  char text[512];
  std::snprintf(text, sizeof text,
                "<D:response><D:href>/dav/%.*s</D:href><D:propstat><D:prop><D:resourcetype/><D:getcontentlength>%zu"
                "</D:getcontentlength><D:getlastmodified>%s</D:getlastmodified><D:getetag>\"%032zx\"</D:getetag>"
                "<D:getcontenttype>application/octet-stream</D:getcontenttype></D:prop><D:status>HTTP/1.1 200 OK"
                "</D:status></D:propstat></D:response>",
                static_cast<int>(key.size()), key.data(), size, kDate.data(), size);
  return text;
}

std::string dav_folder(std::string_view key) {
  std::string path = "/dav/" + std::string(key);
  if (path.back() != '/') path += '/';
  return "<D:response><D:href>" + path +
         "</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype>" + "<D:getlastmodified>" +
         std::string(kDate) +
         "</D:getlastmodified></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";
}

Response multistatus(std::string responses) {
  return made("207 Multi-Status", std::string(kDavHead) + std::move(responses) + "</D:multistatus>", kXmlType);
}

// What a listing has whose prefix is the name of the folder without its slash.
Response only_folder(Store store) {
  if (store == Store::gcs) return made("200 OK", R"({"kind":"storage#objects","prefixes":["list/"]})", kJson);
  return made("200 OK",
              std::string(kBlobsHead) + "<BlobPrefix><Name>list/</Name></BlobPrefix></Blobs><NextMarker />" +
                  "</EnumerationResults>",
              kXmlType);
}

std::size_t number_of(const std::optional<std::string>& text, std::size_t otherwise) {
  std::size_t value = otherwise;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

// Behind the blank line, whichever kind of line ends the client writes.
std::size_t behind_blank_line(std::string_view text, std::size_t at) {
  const std::size_t unix_way = text.find("\n\n", at), standard = text.find("\r\n\r\n", at);
  if (unix_way == std::string_view::npos && standard == std::string_view::npos) return text.size();
  return std::min(unix_way == std::string_view::npos ? unix_way : unix_way + 2,
                  standard == std::string_view::npos ? standard : standard + 4);
}

}  // namespace

Target target_of(const Request& request) {
  std::string_view path = request.path;
  const auto below = [&path](std::string_view start) {
    if (!path.starts_with(start)) return false;
    path.remove_prefix(start.size());
    return true;
  };
  Target target;
  if (below("/dav/")) {
    target.store = Store::webdav;
    target.key = path;
    return target;
  }
  target.upload = below("/upload");
  if (!target.upload) below("/download");
  if (below("/storage/v1/b/")) {
    target.store = Store::gcs;
    const auto object = path.find("/o/");
    if (object != std::string_view::npos) target.key = path.substr(object + 3);
    return target;
  }
  target.upload = false;
  path = request.path;
  if (below("/benchaccount/"))
    target.store = Store::azure;
  else
    path.remove_prefix(std::min<std::size_t>(1, path.size()));
  const auto slash = path.find('/');
  if (slash != std::string_view::npos) target.key = path.substr(slash + 1);
  return target;
}

std::string content_headers(Store store, std::size_t size) {
  if (store == Store::gcs)
    return "x-goog-generation: 1\r\nx-goog-metageneration: 1\r\nx-goog-storage-class: STANDARD\r\n"
           "x-goog-stored-content-encoding: identity\r\nx-goog-stored-content-length: " +
           std::to_string(size) + "\r\n";
  if (store == Store::azure)
    return "x-ms-version: 2025-01-05\r\nx-ms-blob-type: BlockBlob\r\nx-ms-lease-status: unlocked\r\n"
           "x-ms-lease-state: available\r\nx-ms-server-encrypted: true\r\nx-ms-creation-time: " +
           std::string(kDate) + "\r\n";
  return {};
}

CloudUpload cloud_upload(const Request& request, std::string body) {
  CloudUpload upload{query_value(request.query, "name").value_or(""), {}};
  if (query_value(request.query, "uploadType") != "multipart") {
    upload.content = std::move(body);
    return upload;
  }
  const std::string_view text = body;
  const auto line = text.substr(0, text.find('\n'));
  const auto boundary = line.substr(0, line.find('\r'));
  if (upload.name.empty()) {
    const auto member = text.find("\"name\"");
    const auto open = text.find('"', text.find(':', member)), close = text.find('"', open + 1);
    upload.name = text.substr(open + 1, close - open - 1);
  }
  const auto begin = behind_blank_line(text, text.find(boundary, boundary.size()));
  auto end = text.rfind(boundary);
  if (end > begin && text[end - 1] == '\n') --end;
  if (end > begin && text[end - 1] == '\r' && line.ends_with('\r')) --end;
  upload.content = text.substr(begin, end - begin);
  return upload;
}

Response stored_response(Store store, std::string_view key, std::size_t size) {
  if (store == Store::gcs) return object_resource(key, size);
  char text[320];
  if (store == Store::azure)
    std::snprintf(text, sizeof text,
                  "ETag: \"0x%016zX\"\r\nLast-Modified: %s\r\nx-ms-version: 2025-01-05\r\n"
                  "x-ms-request-server-encrypted: true\r\n",
                  size, kDate.data());
  else
    std::snprintf(text, sizeof text, "ETag: \"%032zx\"\r\n", size);
  return empty_response("201 Created", text);
}

Response object_resource(std::string_view key, std::size_t size) {
  return made("200 OK", json_object(key, size), kJson);
}

Response CloudPages::resource(std::string_view path, std::size_t size) const {
  return multistatus(dav_file(path, size));
}
Response CloudPages::folder(std::string_view path) const { return multistatus(dav_folder(path)); }

Response CloudPages::list(Store store, const Request& request) {
  std::size_t first = 0, end = keys_;
  if (store != Store::webdav) {
    const bool google = store == Store::gcs;
    const std::string prefix = query_value(request.query, "prefix").value_or("");
    if (prefix == "list" && query_value(request.query, "delimiter").value_or("") == "/") return only_folder(store);
    const bool below = prefix.empty() || prefix == "list/";
    first = below ? number_of(query_value(request.query, google ? "pageToken" : "marker"), 0) : keys_;
    const std::size_t most = google ? 1000 : 5000;
    const auto asked = number_of(query_value(request.query, google ? "maxResults" : "maxresults"), most);
    end = std::min(keys_, first + std::clamp<std::size_t>(asked, 1, most));
  }
  auto& text =
      pages_[std::to_string(static_cast<int>(store)) + " " + std::to_string(first) + " " + std::to_string(end)];
  if (text.empty()) text = page(store, first, end);
  Response response;
  response.fixed = text;
  const bool dav = store == Store::webdav;
  response.head =
      response_head(dav ? "207 Multi-Status" : "200 OK", text.size(), store == Store::gcs ? kJson : kXmlType);
  return response;
}

std::string CloudPages::page(Store store, std::size_t first, std::size_t end) const {
  const bool google = store == Store::gcs, more = end < keys_;
  std::string text(google ? R"({"kind":"storage#objects")" : store == Store::azure ? kBlobsHead : kDavHead);
  if (store == Store::webdav) text += dav_folder("list");
  if (google && more) text += R"(,"nextPageToken":")" + std::to_string(end) + "\"";
  if (google) text += R"(,"items":[)";
  for (auto i = first; i < end; ++i) {
    char key[40];
    std::snprintf(key, sizeof key, "list/object-%08zu.bin", i);
    if (google && i > first) text += ',';
    text += google ? json_object(key, i) : store == Store::azure ? blob_element(key, i) : dav_file(key, i);
  }
  if (google) return text + "]}";
  if (store == Store::webdav) return text + "</D:multistatus>";
  return text + "</Blobs>" + (more ? "<NextMarker>" + std::to_string(end) + "</NextMarker>" : "<NextMarker />") +
         "</EnumerationResults>";
}

}  // namespace fixed_s3
