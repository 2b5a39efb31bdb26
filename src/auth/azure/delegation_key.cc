#include "auth/azure/delegation_key.h"

#include <utility>

#include "auth/azure/sas.h"
#include "codec/xml_reader.h"
#include "genro/storage/error.h"

namespace genro::storage::azure {

std::string delegation_key_request(std::int64_t begin, std::int64_t end) {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?><KeyInfo><Start>" + sas_time(begin) + "</Start><Expiry>" +
         sas_time(end) + "</Expiry></KeyInfo>";
}

DelegationKey parse_delegation_key(std::string_view document) {
  constexpr std::pair<std::string_view, std::string DelegationKey::*> kFields[] = {
      {"SignedOid", &DelegationKey::object_id},
      {"SignedTid", &DelegationKey::tenant_id},
      {"SignedStart", &DelegationKey::starts},
      {"SignedExpiry", &DelegationKey::expires},
      {"SignedService", &DelegationKey::service},
      {"SignedVersion", &DelegationKey::version},
      {"Value", &DelegationKey::value}};
  DelegationKey key;
  XmlReader xml(document);
  XmlReader::Event event = xml.next();
  const bool of_its_kind = event == XmlReader::Event::open && xml.name() == "UserDelegationKey";
  while (of_its_kind && event != XmlReader::Event::end && event != XmlReader::Event::broken) {
    event = xml.next();
    if (event != XmlReader::Event::close) continue;
    for (const auto& [name, field] : kFields) {
      if (xml.name() == name) key.*field = xml.text();
    }
  }
  if (event != XmlReader::Event::end || key.value.empty() || key.expires.empty())
    throw Error(ErrorCode::protocol, "the server sent no whole user delegation key");
  return key;
}

}  // namespace genro::storage::azure
