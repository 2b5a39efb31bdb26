#include "listing.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace fixed_s3 {

Response Listing::answer(const Request& request) {
  const auto prefix = query_value(request.query, "prefix").value_or("");
  const auto delimiter = query_value(request.query, "delimiter").value_or("");
  const auto encoding = query_value(request.query, "encoding-type").value_or("");
  const std::string open = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bench</Name>";
  if (std::string_view("list/").starts_with(prefix) && prefix != "list/" && !delimiter.empty()) {
    return xml_response("200 OK", open +
                                      "<KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</"
                                      "IsTruncated><CommonPrefixes><Prefix>list/</Prefix>"
                                      "</CommonPrefixes></ListBucketResult>");
  }
  if (prefix != "list/" && !prefix.empty()) {
    return xml_response(
        "200 OK",
        open + "<KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>");
  }
  std::size_t first = 0, count = 1000;
  if (const auto token = query_value(request.query, "continuation-token")) {
    std::from_chars(token->data(), token->data() + token->size(), first);
  }
  if (const auto most = query_value(request.query, "max-keys")) {
    std::from_chars(most->data(), most->data() + most->size(), count);
  }
  Response response;
  response.fixed = page(first, std::clamp<std::size_t>(count, 1, 1000), encoding);
  response.head = response_head("200 OK", response.fixed.size(), "Content-Type: application/xml\r\n");
  return response;
}

std::string_view Listing::page(std::size_t first, std::size_t count, const std::string& encoding) {
  auto& text = pages_[std::to_string(first) + " " + std::to_string(count) + encoding];
  if (!text.empty()) return text;
  const auto end = std::min(keys_, first + count);
  text = std::string(kXml) +
         "<ListBucketResult "
         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bench</Name><Prefix>list/</Prefix><KeyCount>" +
         std::to_string(end - std::min(first, end)) + "</KeyCount><MaxKeys>" + std::to_string(count) + "</MaxKeys>";
  if (!encoding.empty()) text += "<EncodingType>" + encoding + "</EncodingType>";
  if (end < keys_) {
    text += "<IsTruncated>true</IsTruncated><NextContinuationToken>" + std::to_string(end) + "</NextContinuationToken>";
  } else {
    text += "<IsTruncated>false</IsTruncated>";
  }
  for (auto i = first; i < end; ++i) {
    char entry[320];
    std::snprintf(entry, sizeof entry,
                  "<Contents><Key>list/object-%08zu.bin</Key><LastModified>2026-10-03T10:00:00.000Z</LastModified>"
                  "<ETag>&quot;%032zx&quot;</ETag><Size>%zu</Size><StorageClass>STANDARD</StorageClass></Contents>",
                  i, i, i);
    text += entry;
  }
  text += "</ListBucketResult>";
  return text;
}

}  // namespace fixed_s3
