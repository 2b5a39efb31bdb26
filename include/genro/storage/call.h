// What Node::call takes: a program's arguments, among them nodes, whose files it gets under local paths.
// Used by C++ callers; Python's call() has the same rules and runs programs as its subprocess module does.
// No shell is involved unless asked for: an argument is never split, nor are its characters special.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "genro/storage/node.h"

namespace genro::storage {

struct CallArgument {
  CallArgument(const char* word) : value(std::string(word)) {}  // NOLINT(google-explicit-constructor)
  CallArgument(std::string word) : value(std::move(word)) {}    // NOLINT(google-explicit-constructor)
  CallArgument(Node node) : value(std::move(node)) {}           // NOLINT(google-explicit-constructor)
  std::variant<std::string, Node> value;
};

struct CallOptions {
  bool return_output = false;  ///< What it writes to its standard output, else that is ours.
  bool shell = false;          ///< The first argument is a command for /bin/sh, the others are its $0, $1, …
  double timeout = 0;          ///< Seconds until it is killed; 0 = never.
  std::string cwd;             ///< Where it runs; "" = here.
  std::optional<std::vector<std::string>> environment;  ///< "NAME=value"; nothing = ours.
  std::function<void()> callback;                       ///< Called once, after the uploads.
};

}  // namespace genro::storage
