#include "auth/azure/connection_string.h"

#include <algorithm>
#include <map>
#include <utility>

#include "genro/storage/error.h"
#include "net/ascii.h"
#include "net/uri.h"

namespace genro::storage::azure {
namespace {

using Settings = std::map<std::string, std::string>;  // names in lower case

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

Settings settings_of(std::string_view text) {
  Settings settings;
  while (!text.empty()) {
    const std::string_view item = trimmed(text.substr(0, text.find(';')));
    text.remove_prefix(std::min(text.find(';'), text.size() - 1) + 1);
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      throw Error(ErrorCode::config, "a connection string is made of name=value pairs between semicolons");
    }
    std::string name(trimmed(item.substr(0, equals)));
    std::transform(name.begin(), name.end(), name.begin(), &lower_ascii);
    settings[name] = trimmed(item.substr(equals + 1));
  }
  return settings;
}

std::string without_slashes(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Uri parsed(const std::string& endpoint) {
  try {
    return Uri::parse(endpoint);
  } catch (const Error&) {  // its message may echo a secret
    throw Error(ErrorCode::config, "a connection string needs a URL as BlobEndpoint");
  }
}

// "https://account.blob.core.windows.net" names its account; "http://127.0.0.1:10000/account" does, too.
std::string account_in(const std::string& endpoint) {
  const Uri uri = parsed(endpoint);
  if (const std::size_t blob = uri.host.find(".blob."); blob != std::string::npos) return uri.host.substr(0, blob);
  return uri.path.substr(std::min<std::size_t>(uri.path.find_first_not_of('/'), uri.path.size()));
}

ConnectionString development(const Settings& settings) {
  const auto proxy = settings.find("developmentstorageproxyuri");
  const std::string base = proxy == settings.end() ? "http://127.0.0.1" : without_slashes(proxy->second);
  ConnectionString out;
  out.account = kDevelopmentAccount;
  out.account_key = kDevelopmentKey;
  out.blob_endpoint = base + ":10000/" + out.account;
  return out;
}

}  // namespace

std::string blob_endpoint_of(std::string_view account, std::string_view suffix) {
  return std::string("https://").append(account).append(".blob.").append(suffix);
}

ConnectionString parse_connection_string(std::string_view text) {
  const Settings settings = settings_of(text);
  const auto value = [&settings](const char* name) {
    const auto at = settings.find(name);
    return at == settings.end() ? std::string() : at->second;
  };
  if (equal_ignoring_case(value("usedevelopmentstorage"), "true")) return development(settings);
  ConnectionString out;
  out.account = value("accountname");
  out.account_key = value("accountkey");
  out.sas = value("sharedaccesssignature");
  out.blob_endpoint = value("blobendpoint");
  if (out.blob_endpoint.empty()) {
    if (out.account.empty()) throw Error(ErrorCode::config, "a connection string needs AccountName or BlobEndpoint");
    const std::string suffix = value("endpointsuffix");
    out.blob_endpoint = blob_endpoint_of(out.account, suffix.empty() ? "core.windows.net" : suffix);
    if (equal_ignoring_case(value("defaultendpointsprotocol"), "http")) out.blob_endpoint.erase(4, 1);
  } else if (const std::size_t query = out.blob_endpoint.find('?'); query != std::string::npos) {
    if (out.sas.empty()) out.sas = out.blob_endpoint.substr(query + 1);  // as the portal writes it for some signatures
    out.blob_endpoint.erase(query);
  }
  while (out.sas.starts_with('?')) out.sas.erase(0, 1);
  out.blob_endpoint = without_slashes(std::move(out.blob_endpoint));
  if (out.blob_endpoint.empty()) throw Error(ErrorCode::config, "a connection string needs a URL as BlobEndpoint");
  if (out.account.empty()) out.account = account_in(out.blob_endpoint);
  return out;
}

}  // namespace genro::storage::azure
