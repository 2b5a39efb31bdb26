// The options that mounts of every protocol over HTTP have, for the tables of those protocols. http_settings.h reads them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

#include "genro/storage/option_spec.h"

namespace genro::storage {

inline constexpr OptionSpec kVerifySslOption{
    .name = "verify_ssl", .type = OptionType::flag, .otherwise = "true", .help = "check the server's certificate"};
inline constexpr OptionSpec kCaFileOption{
    .name = "ca_file", .otherwise = "the system's", .help = "a file of the certificates to trust"};
inline constexpr OptionSpec kCertOption{
    .name = "cert",
    .type = OptionType::any,
    .help = "a client certificate: a PEM file, or a list of its file and that of its key"};
inline constexpr OptionSpec kProxyOption{
    .name = "proxy", .secret = true, .otherwise = "by environment", .help = "`direct`, or the URL of an HTTP proxy"};
inline constexpr OptionSpec kMaxConnectionsOption{
    .name = "max_connections", .type = OptionType::integer, .otherwise = "256", .help = "in use at once"};
inline constexpr OptionSpec kConnectTimeoutOption{
    .name = "connect_timeout", .type = OptionType::number, .otherwise = "10", .help = "seconds, to connect"};
inline constexpr OptionSpec kTimeoutOption{.name = "timeout",
                                           .type = OptionType::number,
                                           .otherwise = "60 and 30",
                                           .help = "seconds, for the first byte, and between two bytes"};

/// The options of a table, and behind them those that every protocol over HTTP has.
template <std::size_t kCount>
constexpr auto with_http_options(const OptionSpec (&own)[kCount]) {
  const OptionSpec common[] = {kVerifySslOption,      kCaFileOption,         kProxyOption,
                               kMaxConnectionsOption, kConnectTimeoutOption, kTimeoutOption};
  std::array<OptionSpec, kCount + std::size(common)> all{};
  std::copy(std::begin(common), std::end(common), std::copy(std::begin(own), std::end(own), all.begin()));
  return all;
}

}  // namespace genro::storage
