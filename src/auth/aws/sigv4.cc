#include "auth/aws/sigv4.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "codec/hex.h"
#include "codec/percent.h"

namespace genro::storage::sigv4 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kMaxInline = 32;

// The headers by name, in the order of the request where names are equal.
class Sorted {
 public:
  explicit Sorted(std::span<const Header> headers) {
    if (headers.size() > kMaxInline) many_.resize(headers.size());
    items_ = headers.size() > kMaxInline ? std::span(many_) : std::span(few_).first(headers.size());
    // Insertion sort: requests are built nearly in order.
    for (std::size_t i = 0; i < headers.size(); ++i) {
      std::size_t at = i;
      for (; at > 0 && headers[i].name < items_[at - 1].name; --at) items_[at] = items_[at - 1];
      items_[at] = headers[i];
    }
  }
  std::span<const Header> items() const { return items_; }

 private:
  std::array<Header, kMaxInline> few_;
  std::vector<Header> many_;
  std::span<Header> items_;
};

constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Whether a character is a blank or below it. Eight at a time: this is asked of every value of every request.
bool has_blank(std::string_view text) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  while (text.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), 8);
    if (((word - kEach * 0x21) & ~word & kEach * 0x80) != 0) return true;
    text.remove_prefix(8);
  }
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

// Puts text behind text where there is room for all of it: a dozen appends that each look for room add up.
class Writer {
 public:
  Writer(std::string& out, std::size_t most) : out_(out), begin_(out.size()) {
    out.resize(begin_ + most);
    at_ = out.data() + begin_;
  }
  ~Writer() { out_.resize(static_cast<std::size_t>(at_ - out_.data())); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  void put(std::string_view text) noexcept {
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void put(char c) noexcept { *at_++ = c; }
  void replace_last(char c) noexcept { at_[-1] = c; }

 private:
  std::string& out_;
  std::size_t begin_;
  char* at_;
};

// Without blanks around it, and runs of blanks inside made one.
void put_value(std::string_view value, Writer& out) {
  if (!has_blank(value)) {
    out.put(value);
    return;
  }
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  bool blank = false;
  for (const char c : value) {
    if (!is_blank(c)) {
      out.put(c);
    } else if (!blank) {
      out.put(' ');
    }
    blank = is_blank(c);
  }
}

void put_signed_names(std::span<const Header> sorted, Writer& out) {
  std::string_view last;
  for (const Header& header : sorted) {
    if (header.name == last) continue;
    if (!last.empty()) out.put(';');
    out.put(header.name);
    last = header.name;
  }
}

std::size_t room_for_names(std::span<const Header> sorted) {
  std::size_t room = 0;
  for (const Header& header : sorted) room += header.name.size() + 1;
  return room;
}

void append_signed_names(std::span<const Header> sorted, std::string& to) {
  Writer out(to, room_for_names(sorted));
  put_signed_names(sorted, out);
}

void append_canonical(const Request& request, std::span<const Header> sorted, std::string& to) {
  std::size_t room = request.method.size() + request.path.size() + request.query.size() + request.payload_hash.size() +
                     2 * room_for_names(sorted) + sorted.size() + 5;
  for (const Header& header : sorted) room += header.value.size();
  Writer out(to, room);
  for (const std::string_view line : {request.method, request.path, request.query}) {
    out.put(line);
    out.put('\n');
  }
  std::string_view last;
  for (const Header& header : sorted) {
    if (header.name == last) {
      out.replace_last(',');  // over the line feed of the value before
    } else {
      out.put(header.name);
      out.put(':');
    }
    put_value(header.value, out);
    out.put('\n');
    last = header.name;
  }
  out.put('\n');
  put_signed_names(sorted, out);
  out.put('\n');
  out.put(request.payload_hash);
}

std::array<char, 64> signature(const SigningKey& key, const Timestamp& time, const Request& request,
                               std::span<const Header> sorted) {
  thread_local std::string buffer;  // one a thread: signing is on the path of every request
  std::string& text = buffer;
  text.clear();
  append_canonical(request, sorted, text);
  std::array<char, 64> hex;
  hex_encode_to(Sha256::of(text), hex.data());
  text.clear();
  text.append(kAlgorithm).append("\n").append(time.date_time()).append("\n");
  text.append(key.scope()).append("\n").append(hex.data(), hex.size());
  hex_encode_to(key.hmac().mac(text), hex.data());
  return hex;
}

}  // namespace

std::string canonical_query(const Parameters& parameters) {
  std::vector<std::pair<std::string, std::string>> encoded;
  encoded.reserve(parameters.size());
  for (const auto& [name, value] : parameters) {
    encoded.emplace_back(percent_encode(name, PercentSet::component), percent_encode(value, PercentSet::component));
  }
  std::sort(encoded.begin(), encoded.end());
  std::string query;
  for (const auto& [name, value] : encoded) {
    if (!query.empty()) query += '&';
    query.append(name).append("=").append(value);
  }
  return query;
}

void append_authorization(const SigningKey& key, const Timestamp& time, const Request& request, std::string& out) {
  const Sorted sorted(request.headers);
  const std::array<char, 64> signed_hex = signature(key, time, request, sorted.items());
  out.append(kAlgorithm).append(" Credential=").append(key.credential()).append(",SignedHeaders=");
  append_signed_names(sorted.items(), out);
  out.append(",Signature=").append(signed_hex.data(), signed_hex.size());
}

std::string authorization(const SigningKey& key, const Timestamp& time, const Request& request) {
  std::string value;
  value.reserve(256);
  append_authorization(key, time, request, value);
  return value;
}

std::string presigned_query(const SigningKey& key, const Timestamp& time, const Request& request, Parameters parameters,
                            std::int64_t expires_in, std::string_view session_token) {
  const Sorted sorted(request.headers);
  std::string names;
  append_signed_names(sorted.items(), names);
  parameters.emplace_back("X-Amz-Algorithm", kAlgorithm);
  parameters.emplace_back("X-Amz-Credential", key.credential());
  parameters.emplace_back("X-Amz-Date", time.date_time());
  parameters.emplace_back("X-Amz-Expires", std::to_string(expires_in));
  parameters.emplace_back("X-Amz-SignedHeaders", names);
  if (!session_token.empty()) parameters.emplace_back("X-Amz-Security-Token", session_token);
  std::string query = canonical_query(parameters);
  Request whole = request;
  whole.query = query;
  const std::array<char, 64> signed_hex = signature(key, time, whole, sorted.items());
  query.append("&X-Amz-Signature=").append(signed_hex.data(), signed_hex.size());
  return query;
}

std::string canonical_request(const Request& request) {
  std::string text;
  append_canonical(request, Sorted(request.headers).items(), text);
  return text;
}

std::string payload_hash(std::string_view body) { return hex_encode(Sha256::of(body)); }

}  // namespace genro::storage::sigv4
