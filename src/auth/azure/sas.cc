#include "auth/azure/sas.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <initializer_list>
#include <optional>
#include <utility>

#include "codec/iso8601.h"
#include "codec/percent.h"
#include "genro/storage/error.h"

namespace genro::storage::azure {
namespace {

// The versions of the service whose texts these are: what is signed changes with them.
constexpr std::string_view kServiceVersion = "2023-11-03";
constexpr std::string_view kDelegationVersion = "2026-04-06";

void add_parameter(std::string_view name, std::string_view value, std::string& query) {
  if (value.empty()) return;
  query.append(query.empty() ? "" : "&").append(name).append("=");
  percent_encode_to(value, PercentSet::path, query);
}

std::string query_of(const SasGrant& grant, std::string_view version) {
  std::string query;
  add_parameter("st", grant.starts, query);
  add_parameter("se", grant.expires, query);
  add_parameter("sp", grant.permissions, query);
  add_parameter("sip", grant.addresses, query);
  add_parameter("spr", grant.protocol, query);
  add_parameter("sv", version, query);
  add_parameter("sr", grant.resource, query);
  add_parameter("rscc", grant.cache_control, query);
  add_parameter("rscd", grant.content_disposition, query);
  add_parameter("rsce", grant.content_encoding, query);
  add_parameter("rscl", grant.content_language, query);
  add_parameter("rsct", grant.content_type, query);
  return query;
}

struct Parameter {
  std::string_view name;
  std::string_view in_query;  // as a signature has it, which is taken, too
  std::string SasGrant::* field;
};
constexpr std::array kParameters = std::to_array<Parameter>({
    {"cache_control", "rscc", &SasGrant::cache_control},
    {"content_disposition", "rscd", &SasGrant::content_disposition},
    {"content_encoding", "rsce", &SasGrant::content_encoding},
    {"content_language", "rscl", &SasGrant::content_language},
    {"content_type", "rsct", &SasGrant::content_type},
    {"ip", "sip", &SasGrant::addresses},
    {"protocol", "spr", &SasGrant::protocol},
    {"start", "st", &SasGrant::starts},
});

void add_lines(std::initializer_list<std::string_view> values, std::string& text) {
  for (const std::string_view value : values) text.append(value).append("\n");
}

// `whose`: the lines that say by which key.
std::string text_of(const std::string& account, std::string_view blob, const SasGrant& grant, std::string_view whose,
                    std::string_view version, bool delegated) {
  std::string text;
  add_lines({grant.permissions, grant.starts, grant.expires}, text);
  text.append("/blob/").append(account).append("/").append(blob).append("\n").append(whose);
  add_lines({grant.addresses, grant.protocol, version, grant.resource, grant.moment, ""},
            text);                           // "": no encryption scope
  if (delegated) add_lines({"", ""}, text);  // fields and parameters that a request would have to carry
  add_lines({grant.cache_control, grant.content_disposition, grant.content_encoding, grant.content_language}, text);
  return text.append(grant.content_type);
}

}  // namespace

bool set_parameter(std::string_view name, std::string value, SasGrant& grant) {
  const auto at = std::find_if(kParameters.begin(), kParameters.end(),
                               [name](const Parameter& known) { return known.name == name || known.in_query == name; });
  if (at == kParameters.end()) return false;
  grant.*(at->field) = std::move(value);
  return true;
}

std::string sas_time(std::int64_t wall_ns) {
  return format_iso8601(std::chrono::sys_seconds(std::chrono::seconds(wall_ns / 1'000'000'000)));
}

std::string service_sas(const SharedKey& key, std::string_view blob, const SasGrant& grant) {
  std::string query = query_of(grant, kServiceVersion);
  // "\n": no stored policy is named
  add_parameter("sig", key.sign(text_of(key.account(), blob, grant, "\n", kServiceVersion, false)), query);
  return query;
}

std::string delegation_sas(const std::string& account, const DelegationKey& key, std::string_view blob,
                           const SasGrant& grant) {
  const std::optional<SharedKey> signer = SharedKey::parse(account, key.value);
  if (!signer) throw Error(ErrorCode::protocol, "the server gave a user delegation key that is no base64");
  std::string query = query_of(grant, kDelegationVersion);
  add_parameter("skoid", key.object_id, query);
  add_parameter("sktid", key.tenant_id, query);
  add_parameter("skt", key.starts, query);
  add_parameter("ske", key.expires, query);
  add_parameter("sks", key.service, query);
  add_parameter("skv", key.version, query);
  std::string whose;
  add_lines({key.object_id, key.tenant_id, key.starts, key.expires, key.service, key.version}, whose);
  add_lines({"", "", "", "", ""}, whose);  // nobody else is authorized, nothing is correlated
  add_parameter("sig", signer->sign(text_of(account, blob, grant, whose, kDelegationVersion, true)), query);
  return query;
}

}  // namespace genro::storage::azure
