// What the small servers of fault tests share (MiniS3, MiniGcs, MiniAzure, MiniDav, MiniGithub): each is a FakeHandler over
// contents in memory, which can be looked at from outside. Addresses, queries, ranges, batches.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "backend/http/checksum.h"
#include "codec/base64.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "codec/percent.h"
#include "fakes/fake_network.h"

namespace genro::storage::test {

inline constexpr std::string_view kHttpTime = "Tue, 14 Nov 2023 22:13:20 GMT";

/// Both decoded.
struct AskedTarget {
  std::string path;
  std::map<std::string, std::string> query;
  std::string get(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? "" : found->second;
  }
};

inline AskedTarget parse_target(std::string_view target) {
  AskedTarget asked;
  const std::size_t question = std::min(target.find('?'), target.size());
  asked.path = percent_decode(target.substr(0, question)).value_or("");
  for (std::string_view rest = target.substr(std::min(question + 1, target.size())); !rest.empty();) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    asked.query[std::string(pair.substr(0, equals))] =
        percent_decode(pair.substr(std::min(equals + 1, pair.size()))).value_or("");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return asked;
}

inline std::string unquoted(std::string text) {
  std::erase(text, '"');
  return text;
}

inline std::string md5_hex_of(std::string_view content) { return hex_encode(Md5::of(content)); }
inline std::string md5_base64_of(std::string_view content) { return base64_encode(Md5::of(content)); }

/// Base64 of the big-endian value.
inline std::string checksum_text(std::string_view content, ChecksumAlgorithm algorithm) {
  const Bytes bytes = Bytes::copy_of(content);
  return checksum_of(std::span(&bytes, 1), algorithm).text;
}

/// The answer to GET or HEAD: whole with `lines` and `whole_lines`, or the range that is asked for, with `lines` alone.
inline FakeReply content_reply(const FakeRequest& request, const std::string& content, const std::string& lines,
                               const std::string& whole_lines = {}) {
  if (request.method == "HEAD") {
    FakeReply reply = FakeReply::http(200, content, lines + whole_lines);
    reply.bytes.resize(reply.bytes.size() - content.size());
    return reply;
  }
  const std::string range = request.header("range");
  if (range.empty()) return FakeReply::http(200, content, lines + whole_lines);
  const std::size_t dash = range.find('-');
  const std::size_t begin = std::stoull(range.substr(6, dash - 6));
  if (begin >= content.size()) return FakeReply::http(416);
  const std::size_t last = dash + 1 == range.size()
                               ? content.size() - 1
                               : std::min<std::size_t>(std::stoull(range.substr(dash + 1)), content.size() - 1);
  return FakeReply::http(206, content.substr(begin, last - begin + 1),
                         lines + "Content-Range: bytes " + std::to_string(begin) + "-" + std::to_string(last) + "/" +
                             std::to_string(content.size()) + "\r\n");
}

/// One page of a listing of flat keys: what is right below `prefix`, or all, after `token`.
struct FlatPage {
  std::vector<std::string> keys;     ///< in order
  std::vector<std::string> folders;  ///< each ends with '/'
  std::string next;                  ///< "" at the end
};

template <class Objects>
FlatPage flat_page(const Objects& objects, const std::string& prefix, bool folders, const std::string& token,
                   std::size_t most) {
  FlatPage page;
  std::string last;
  for (const auto& item : objects) {
    const std::string& key = item.first;
    if (!key.starts_with(prefix)) continue;
    const std::size_t cut = folders ? key.find('/', prefix.size()) : std::string::npos;
    const std::string name = cut == std::string::npos ? key : key.substr(0, cut + 1);
    if (name == last || (!token.empty() && name <= token)) continue;
    if (page.keys.size() + page.folders.size() == most) {
      page.next = last;
      break;
    }
    (cut == std::string::npos ? page.keys : page.folders).push_back(name);
    last = name;
  }
  return page;
}

/// The answer to a batch of deletions: `remove` gives the status of each target.
inline FakeReply batch_reply(const FakeRequest& request, const std::function<int(const AskedTarget&)>& remove) {
  std::string body;
  int number = 0;
  for (std::size_t at = request.body.find("DELETE "); at != std::string::npos;
       at = request.body.find("DELETE ", at + 1)) {
    const std::string target = request.body.substr(at + 7, request.body.find(' ', at + 7) - at - 7);
    const int status = remove(parse_target(target));
    body += "--b\r\nContent-Type: application/http\r\nContent-ID: <response-" + std::to_string(number++) +
            ">\r\n\r\nHTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Length: 0\r\n\r\n\r\n";
  }
  return FakeReply::http(200, body + "--b--\r\n", "Content-Type: multipart/mixed; boundary=b\r\n");
}

}  // namespace genro::storage::test
