#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>

#include "backends/protocols.h"
#include "conformance/backend_under_test.h"
#include "conformance/published_folder.h"
#include "genro/storage/loadable_backend.h"
#include "layers/permission.h"
#include "layers/prefix.h"
#include "layers/retry.h"
#include "loop/system_files.h"

extern "C" [[gnu::weak]] decltype(genro_storage_backend) genro_storage_backend;

namespace genro::storage::conformance {
namespace {

std::shared_ptr<Backend> mount(std::string_view protocol, ConfigMap values, Env& env = Env::system()) {
  const Protocol& found = *find_protocol(protocol);
  return found.make({MountOptions("tested", std::string(protocol), std::move(values), found.options), env});
}

/// The backend of the guide, linked instead of loaded, with its database in memory: SQLite syncs each change to a disk.
BackendUnderTest of_the_guide() {
  const std::string name = "sqlite_of_the_guide";
  if (!genro_storage_backend) return {name, {}, "it was built without SQLite"};
  return {
      name, [](Fixture&) {
        const Protocol& protocol = *genro_storage_backend()->protocol;
        ConfigMap values{{"database", ":memory:"}};
        return protocol.make({MountOptions("tested", "sqlite", std::move(values), protocol.options), Env::system()});
      }};
}

std::shared_ptr<Backend> memory(Fixture& fixture) { return mount("memory", {{"base_path", fixture.unique()}}); }

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

/// The same, as one of a server beyond the process; a short run takes it only where its twin is not there.
BackendUnderTest over_network(BackendUnderTest subject, std::string twin = {}) {
  subject.over_network = true;
  subject.twin = std::move(twin);
  return subject;
}

/// The same behind each layer: what a layer does not pass on, or changes, shows where it stands before a real server.
void add_behind_layers(const BackendUnderTest& subject, std::vector<BackendUnderTest>& to) {
  const auto behind = [&](const char* layer, std::shared_ptr<Backend> (*put_before)(std::shared_ptr<Backend>)) {
    BackendUnderTest made = subject;
    made.name += layer;
    made.behind_layer = true;
    made.make = [inner = subject.make, put_before](Fixture& fixture) { return put_before(inner(fixture)); };
    to.push_back(std::move(made));
  };
  behind("_retry", [](std::shared_ptr<Backend> inner) { return with_retry(std::move(inner), Env::system()); });
  behind("_permission",
         [](std::shared_ptr<Backend> inner) { return with_permission(std::move(inner), Permission::remove); });
  behind("_prefix", [](std::shared_ptr<Backend> inner) {
    if (inner->caps().make_dir) inner->make_dir("inner").get();
    return with_prefix(std::move(inner), "inner");
  });
}

/// A folder that the environment's nginx publishes, or why there is none.
BackendUnderTest http(const std::string& name) {
  const std::string server = setting("GENRO_TEST_NGINX");
  if (server.empty()) return {name, {}, no_server("GENRO_TEST_NGINX")};
  return {name, [server](Fixture& fixture) {
            return publish(mount("http", {{"base_path", server + "/bare/" + fixture.unique()}}),
                           setting("GENRO_TEST_NGINX_FOLDER") + "/" + fixture.unique());
          }};
}

/// A folder of a WebDAV server that the environment names, or why there is none.
BackendUnderTest webdav(const std::string& name, const std::string& variable, const std::string& way,
                        ConfigMap options = {}, const std::string& mistaken = {}) {
  const std::string server = setting(variable);
  if (server.empty()) return {name, {}, no_server(variable)};
  options.emplace_back("url", server + way);
  return {name,
          [options](Fixture& fixture) {
            mount("webdav", options)->make_dir(fixture.unique()).get();
            ConfigMap own = options;
            own.emplace_back("base_path", fixture.unique());
            return mount("webdav", own);
          },
          {},
          mistaken};
}

/// A repository that the environment's server makes of a folder, committed before each look at it, or why there is none.
BackendUnderTest github(const std::string& name) {
  const std::string server = setting("GENRO_TEST_GITHUB");
  if (server.empty()) return {name, {}, no_server("GENRO_TEST_GITHUB")};
  return {
      name, [server](Fixture& fixture) {
        return publish(
            mount("github", {{"org", "test"}, {"repo", fixture.unique()}, {"endpoint_url", server}, {"refresh", 0}}),
            setting("GENRO_TEST_GITHUB_FOLDER") + "/" + fixture.unique());
      }};
}

/// A mount of a bucket of a server that the environment names, or why there is none.
BackendUnderTest s3(const std::string& name, const std::string& variable) {
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
  return {name, [config](Fixture& fixture) {
            ConfigMap own = config;
            own.emplace_back("base_path", fixture.unique());
            return mount("s3", own);
          }};
}

/// A mount of the environment's fake-gcs-server, or why there is none.
BackendUnderTest gcs(const std::string& name) {
  const std::string server = setting("GENRO_TEST_FAKE_GCS");
  if (server.empty()) return {name, {}, no_server("GENRO_TEST_FAKE_GCS")};
  return {name,
          [server](Fixture& fixture) {
            return mount("gcs", {{"bucket", setting("GENRO_TEST_FAKE_GCS_BUCKET")},
                                 {"base_path", fixture.unique()},
                                 {"endpoint_url", server},
                                 {"token", "anon"}});
          },
          {},
          "\r\n",
          false};
}

/// A mount of the container of the environment's Azurite, or why there is none.
BackendUnderTest azure(const std::string& name) {
  const std::string variable = "GENRO_TEST_AZURITE";
  if (setting(variable).empty()) return {name, {}, no_server(variable)};
  const ConfigMap config{{"container", setting(variable + "_CONTAINER")},
                         {"account_name", setting(variable + "_ACCOUNT")},
                         {"account_key", setting(variable + "_KEY")},
                         {"endpoint_url", setting(variable)}};
  return {name,
          [config](Fixture& fixture) {
            ConfigMap own = config;
            own.emplace_back("base_path", fixture.unique());
            return mount("azure", own);
          },
          {},
          "\\"};
}

}  // namespace

Fixture::Fixture() {
  // Not by the number of the process, which another one had that left something on a server.
  static const unsigned run = std::random_device()();
  static std::atomic<int> count{0};
  unique_ = "conformance-" + std::to_string(run) + "-" + std::to_string(count++);
}

Fixture::~Fixture() {
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

const std::string& Fixture::folder() {
  if (folder_.empty()) {
    folder_ = (std::filesystem::temp_directory_path() / (unique_ + "-XXXXXX")).string();
    if (!mkdtemp(folder_.data())) throw Error::from_errno(errno, "make", folder_);
  }
  return folder_;
}

std::vector<BackendUnderTest> backends_under_test() {
  std::vector<BackendUnderTest> all{
      {"memory", memory},
      {"base64", [](Fixture&) { return mount("base64", {}); }},
      {"local", [](Fixture& fixture) { return mount("local", {{"base_path", fixture.folder()}, {"durable", false}}); }},
      {"local_durable", [](Fixture& fixture) { return mount("local", {{"base_path", fixture.folder()}}); }},
      {"local_posix",
       [](Fixture& fixture) {
         return mount("local", {{"base_path", fixture.folder()}, {"durable", false}}, posix_env());
       }},
      {"local_dynamic",
       [](Fixture& fixture) {
         const BaseResolver base{[folder = fixture.folder()](const std::string&) { return folder; }};
         return mount("local", {{"base_path", base}, {"durable", false}});
       }},
      {"prefix_on_memory",
       [](Fixture& fixture) {
         const std::shared_ptr<Backend> parent = memory(fixture);
         for (const char* folder : {"some", "some/folder"}) parent->make_dir(folder).get();
         return with_prefix(parent, "some/folder");
       }},
      {"permission_on_memory", [](Fixture& fixture) { return with_permission(memory(fixture), Permission::remove); }},
      {"retry_on_memory", [](Fixture& fixture) { return with_retry(memory(fixture), Env::system()); }},
      of_the_guide(),
      over_network(http("http_on_nginx")),
      over_network(github("github_on_published_folder")),
      over_network(s3("s3_on_minio", "GENRO_TEST_MINIO")),
      over_network(s3("s3_on_versitygw", "GENRO_TEST_VERSITYGW"), "s3_on_minio"),
      over_network(gcs("gcs_on_fake_gcs_server")),
      over_network(azure("azure_on_azurite")),
      over_network(webdav("webdav_on_apache", "GENRO_TEST_APACHE", "/dav")),
      over_network(webdav("webdav_on_apache_moving", "GENRO_TEST_APACHE", "/dav", {{"replace", "move"}})),
      over_network(webdav("webdav_on_wsgidav", "GENRO_TEST_WSGIDAV", "/open", {}, "?;\t\n"), "webdav_on_apache"),
  };
  std::set<std::string> protocols;  // whose first server was taken
  const std::vector<BackendUnderTest> plain = all;
  for (const BackendUnderTest& subject : plain) {
    const bool first = protocols.insert(subject.name.substr(0, subject.name.find("_on_"))).second;
    if (subject.over_network && first) add_behind_layers(subject, all);
  }
  return all;
}

}  // namespace genro::storage::conformance
