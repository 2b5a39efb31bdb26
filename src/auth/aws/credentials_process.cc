// credential_process: a command of the user's that prints credentials as JSON.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "auth/aws/credentials_document.h"
#include "auth/aws/credentials_sources.h"
#include "loop/offload.h"

namespace genro::storage {
namespace {

/// What the command prints. It runs through the shell, as the setting is defined; its errors go to the user's own stderr.
std::string output_of(const std::string& command, const std::string& source) {
  constexpr std::size_t kLargestOutput = 64U << 10;
  std::FILE* pipe = popen(command.c_str(), "re");
  if (!pipe) throw credentials_failure(source, "credential_process cannot be started");
  std::string output;
  std::array<char, 4096> chunk;
  while (const std::size_t count = std::fread(chunk.data(), 1, chunk.size(), pipe)) {
    output.append(chunk.data(), count);
    if (output.size() > kLargestOutput) break;  // closing the pipe ends a program that goes on for ever
  }
  const int status = pclose(pipe);
  if (output.size() > kLargestOutput) throw credentials_failure(source, "credential_process prints more than 64 KiB");
  if (status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw credentials_failure(source, "credential_process failed");
  }
  return output;
}

}  // namespace

Task<Credentials> process_credentials(CredentialsContext, std::string command, std::string source) {
  auto running = offload([&] { return output_of(command, source); });
  const std::string output = co_await running;
  CredentialsMembers members;
  members.session_token = "SessionToken";
  co_return credentials_from_json(output, members, source);
}

}  // namespace genro::storage
