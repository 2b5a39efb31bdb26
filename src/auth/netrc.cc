#include "auth/netrc.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "genro/storage/error.h"
#include "net/ascii.h"

namespace genro::storage {
namespace {

// The next word: up to white space, or in double quotes, where '\' takes the next character as it is. "" at the end.
std::string next_word(std::string_view& text) {
  constexpr std::string_view kBlank = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  std::string word;
  if (!text.starts_with('"')) {
    word = text.substr(0, text.find_first_of(kBlank));
    text.remove_prefix(word.size());
    return word;
  }
  for (text.remove_prefix(1); !text.empty() && text.front() != '"'; text.remove_prefix(1)) {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    word += text.front();
  }
  if (!text.empty()) text.remove_prefix(1);
  return word;
}

void skip_past(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
}

std::string default_file() {
  if (const char* named = std::getenv("NETRC"); named && *named) return named;
  const char* home = std::getenv("HOME");
  return home ? std::string(home) + "/.netrc" : std::string();
}

}  // namespace

std::optional<Login> find_netrc_login(std::string_view text, std::string_view host) {
  std::optional<Login> found;
  bool wanted = false;
  while (true) {
    const std::string word = next_word(text);
    if (word.empty()) return found;
    if (word.starts_with('#')) {
      skip_past(text, "\n");
    } else if (word == "macdef") {
      skip_past(text, "\n\n");
    } else if (word == "machine" || word == "default") {
      if (wanted) return found;  // the first that fits
      wanted = word == "default" || equal_ignoring_case(next_word(text), host);
      if (wanted) found.emplace();
    } else if (word == "login" || word == "password" || word == "account") {
      std::string value = next_word(text);
      if (wanted && word == "login") found->user = std::move(value);
      if (wanted && word == "password") found->password = std::move(value);
    }
  }
}

std::optional<Login> read_netrc_login(const std::string& file, std::string_view host) {
  std::ifstream stream(file.empty() ? default_file() : file, std::ios::binary);
  if (!stream) {
    if (file.empty()) return std::nullopt;
    throw Error(ErrorCode::config, "the netrc file cannot be read: " + file);
  }
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  return find_netrc_login(text, host);
}

}  // namespace genro::storage
