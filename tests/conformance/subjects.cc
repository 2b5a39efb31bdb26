#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "backends/protocols.h"
#include "conformance/published_folder.h"
#include "conformance/subject.h"
#include "layers/permission.h"
#include "layers/prefix.h"
#include "layers/retry.h"
#include "loop/system_files.h"

namespace genro::storage::conformance {
namespace {

std::shared_ptr<Backend> mount(std::string_view protocol, ConfigMap values, Env& env = Env::system()) {
  const Protocol& found = *find_protocol(protocol);
  return found.make({MountOptions("tested", std::string(protocol), std::move(values), found.options), env});
}

std::shared_ptr<Backend> memory(Ground& ground) { return mount("memory", {{"base_path", ground.unique()}}); }

/// The system's world with the plain POSIX file calls.
Env& posix_env() {
  static PosixFiles files;
  static Env env{Env::system().clock, Env::system().random, &files, Env::system().network};
  return env;
}

/// What the environment says of the servers; "" where it says nothing.
std::string setting(const std::string& variable) {
  const char* text = std::getenv(variable.c_str());
  return text ? text : "";
}

/// Why a subject of the server that the variable names cannot run; "" when it can.
std::string no_server(const std::string& variable) {
  return setting(variable).empty() ? "no server: " + variable + " is not set" : "";
}

/// A folder that the environment's nginx publishes, or why there is none.
Subject http(const std::string& name) {
  const std::string server = setting("GENRO_TEST_NGINX");
  if (server.empty()) return {name, {}, no_server("GENRO_TEST_NGINX")};
  return {name, [server](Ground& ground) {
            return publish(mount("http", {{"base_path", server + "/bare/" + ground.unique()}}),
                           setting("GENRO_TEST_NGINX_FOLDER") + "/" + ground.unique());
          }};
}

/// A mount of a bucket of a server that the environment names, or why there is none.
Subject s3(const std::string& name, const std::string& variable) {
  const std::string endpoint = setting(variable);
  if (endpoint.empty()) return {name, {}, no_server(variable)};
  if (!find_protocol("s3")) return {name, {}, "this build has no s3"};
  const std::string bucket = setting(variable + "_BUCKET").empty() ? "genro-test" : setting(variable + "_BUCKET");
  const auto secret = [&](const std::string& kind) {
    const std::string own = setting(variable + kind);
    return own.empty() ? setting("GENRO_TEST_S3" + kind) : own;  // one pair for all servers
  };
  ConfigMap config{{"bucket", bucket},
                   {"region", "us-east-1"},
                   {"endpoint_url", endpoint},
                   {"access_key", secret("_ACCESS_KEY")},
                   {"secret_key", secret("_SECRET_KEY")}};
  return {name, [config](Ground& ground) {
            ConfigMap own = config;
            own.emplace_back("base_path", ground.unique());
            return mount("s3", own);
          }};
}

}  // namespace

Ground::Ground() {
  // Not by the number of the process, which another one had that left something on a server.
  static const unsigned run = std::random_device()();
  static std::atomic<int> count{0};
  unique_ = "conformance-" + std::to_string(run) + "-" + std::to_string(count++);
}

Ground::~Ground() {
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

const std::string& Ground::folder() {
  if (folder_.empty()) {
    folder_ = (std::filesystem::temp_directory_path() / (unique_ + "-XXXXXX")).string();
    if (!mkdtemp(folder_.data())) throw Error::from_errno(errno, "make", folder_);
  }
  return folder_;
}

std::vector<Subject> subjects() {
  return {
      {"memory", memory},
      {"base64", [](Ground&) { return mount("base64", {}); }},
      {"local", [](Ground& ground) { return mount("local", {{"base_path", ground.folder()}, {"durable", false}}); }},
      {"local_durable", [](Ground& ground) { return mount("local", {{"base_path", ground.folder()}}); }},
      {"local_posix",
       [](Ground& ground) {
         return mount("local", {{"base_path", ground.folder()}, {"durable", false}}, posix_env());
       }},
      {"local_dynamic",
       [](Ground& ground) {
         const BaseResolver base{[folder = ground.folder()](const std::string&) { return folder; }};
         return mount("local", {{"base_path", base}, {"durable", false}});
       }},
      {"prefix_on_memory",
       [](Ground& ground) {
         const std::shared_ptr<Backend> parent = memory(ground);
         for (const char* folder : {"some", "some/folder"}) parent->make_dir(folder).get();
         return with_prefix(parent, "some/folder");
       }},
      {"permission_on_memory", [](Ground& ground) { return with_permission(memory(ground), Permission::remove); }},
      {"retry_on_memory", [](Ground& ground) { return with_retry(memory(ground), Env::system()); }},
      http("http_on_nginx"),
      s3("s3_on_minio", "GENRO_TEST_MINIO"),
      s3("s3_on_versitygw", "GENRO_TEST_VERSITYGW"),
  };
}

}  // namespace genro::storage::conformance
