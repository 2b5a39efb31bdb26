// What the webdav backend asks servers that answer as real ones of other kinds do.
#include "backends/webdav/webdav.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <map>
#include <mutex>

#include "backend/unfinished_upload.h"
#include "backends/webdav/client.h"
#include "backends/webdav/options.h"
#include "codec/iso8601.h"
#include "fakes/scripted_transport.h"
#include "genro/storage/error.h"

namespace genro::storage::webdav {
namespace {

using test::Asked;
using test::ScriptedAnswer;

const std::string kFolder = "<D:resourcetype><D:collection/></D:resourcetype>";
const std::string kFile = "<D:resourcetype/><D:getcontentlength>1</D:getcontentlength><D:getetag>\"e\"</D:getetag>";

ScriptedAnswer multistatus(const std::string& href, const std::string& properties) {
  return {"HTTP/1.1 207 Multi-Status\n",
          "<D:multistatus xmlns:D='DAV:'><D:response><D:href>" + href + "</D:href><D:propstat><D:prop>" + properties +
              "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"};
}
ScriptedAnswer status(int code, const std::string& fields = {}) {
  return {"HTTP/1.1 " + std::to_string(code) + " So\n" + fields, ""};
}

class ScriptedDav : public testing::Test {
 protected:
  /// Answers by "METHOD target"; what nobody gave is a 404.
  void start(ConfigMap options = {}) {
    options.emplace_back("url", "http://host/dav");
    const Config config = parse_config(MountOptions("m", "webdav", std::move(options), kWebdavOptions));
    script_->answer = [this](const Asked& asked) {
      const auto found = answers_.find(asked.method + " " + asked.target);
      return found == answers_.end() ? status(404) : found->second;
    };
    const std::shared_ptr<test::Script> script = script_;
    backend_ = make_webdav(
        std::make_shared<Client>(config, Env::system(), [script](const HttpEndpoint& endpoint, const HttpOptions&) {
          return std::make_shared<test::ScriptedTransport>(script, endpoint.host_header());
        }));
  }
  std::string asked() const {
    std::string all;
    for (const Asked& one : script_->asked) all.append(all.empty() ? "" : ", ").append(one.method + " " + one.target);
    return all;
  }
  template <class T>
  Error failure(Task<T> task) {
    const Result<T> result = std::move(task).result();
    return result.ok() ? Error(ErrorCode::internal, "it succeeded") : result.error();
  }
  const Asked& last() const { return script_->asked.back(); }
  static Body body() { return Body(Bytes::copy_of(std::string_view("x"))); }

  std::map<std::string, ScriptedAnswer> answers_;
  std::shared_ptr<test::Script> script_ = std::make_shared<test::Script>();
  std::shared_ptr<Backend> backend_;
};

TEST_F(ScriptedDav, a_file_is_sent_beside_its_place_and_moved_there_where_nobody_knows_the_server) {
  start();
  script_->answer = [](const Asked& asked) {
    if (asked.method == "OPTIONS") return status(200, "DAV: 1\nServer: other\n");
    return asked.method == "PROPFIND" ? multistatus("/dav/f", kFile) : status(201);
  };
  EXPECT_EQ(backend_->put("d/f", body(), {}).get().etag, "e");
  ASSERT_EQ(script_->asked.size(), 4U);
  EXPECT_EQ(script_->asked[1].target.substr(0, 21), "/dav/d/.genro-storage");
  EXPECT_EQ(script_->asked[2].method, "MOVE");
  EXPECT_EQ(script_->asked[2].target, script_->asked[1].target);
  EXPECT_TRUE(script_->asked[2].has("destination: http://host/dav/d/f\r\noverwrite: F"));
}

TEST_F(ScriptedDav, apache_is_sent_a_file_at_once_if_it_says_what_it_is) {
  for (const auto& [server, direct] : {std::pair("Apache/2.4.71 (Debian)", true), std::pair("Apache/2.2.22", false),
                                       std::pair("Apache", false), std::pair("nginx", false)}) {
    start();
    script_->asked.clear();
    script_->answer = [server = std::string(server)](const Asked& asked) {
      if (asked.method == "OPTIONS")
        return status(200, "Server: " + server + "\nDAV: 1,2\nDAV: <http://apache.org/dav/propset/fs/1>\n");
      return asked.method == "PROPFIND" ? multistatus("/dav/f", kFile) : status(201);
    };
    backend_->put("f", body(), {}).get();
    EXPECT_EQ(script_->asked[1].target == "/dav/f", direct) << server;
  }
}

TEST_F(ScriptedDav, where_sending_fails_nothing_stays_under_the_other_name) {
  start({{"replace", "move"}});
  std::string left;
  script_->answer = [&left](const Asked& asked) {
    if (asked.method == "PUT") left = asked.target;
    if (asked.method == "DELETE" && asked.target == left) left.clear();
    return status(asked.method == "PUT" ? 201 : asked.method == "MOVE" ? 507 : 204);
  };
  EXPECT_EQ(failure(backend_->put("f", body(), {})).code(), ErrorCode::no_space);
  EXPECT_EQ(left, "");
}

TEST_F(ScriptedDav, a_folder_is_never_replaced_by_a_file) {
  start({{"replace", "move"}});
  script_->answer = [](const Asked& asked) {
    if (asked.method == "PROPFIND") return multistatus("/dav/f", kFolder);
    return status(asked.method == "MOVE" ? (asked.has("overwrite: F") ? 412 : 204) : 201);
  };
  EXPECT_EQ(failure(backend_->put("f", body(), {})).code(), ErrorCode::is_directory);
  for (const Asked& one : script_->asked) EXPECT_FALSE(one.has("overwrite: T"));
}

TEST_F(ScriptedDav, a_condition_goes_with_a_file_that_is_sent_to_its_place) {
  answers_["PUT /dav/f"] = status(412);
  start({{"replace", "direct"}});
  PutOptions options;
  options.when = When::if_match("a\"b");
  EXPECT_EQ(failure(backend_->put("f", body(), options)).code(), ErrorCode::precondition_failed);
  EXPECT_EQ(asked(), "PUT /dav/f");
  EXPECT_TRUE(last().has("if-match: \"a\"b\""));
  options.when = When::if_match("");
  EXPECT_EQ(failure(backend_->put("f", body(), options)).code(), ErrorCode::unsupported);
}

TEST_F(ScriptedDav, a_condition_is_compared_before_a_file_is_moved_to_its_place) {
  start();
  script_->answer = [](const Asked& asked) {
    if (asked.method == "PROPFIND") return multistatus("/dav/f", kFile);
    return status(asked.method == "MOVE" && asked.has("overwrite: F") ? 412 : 201);
  };
  PutOptions options;
  for (const When& when : {When::if_match("other"), When::if_absent()}) {
    options.when = when;
    EXPECT_EQ(failure(backend_->put("f", body(), options)).code(), ErrorCode::precondition_failed);
    EXPECT_EQ(last().method, "DELETE") << "what was sent";
    for (const Asked& one : script_->asked) EXPECT_FALSE(one.has("overwrite: T"));
  }
  options.when = When::if_match("e");
  backend_->put("f", body(), options).get();
  const auto moves = [](const Asked& one) { return one.has("destination: http://host/dav/f\r\noverwrite: T"); };
  EXPECT_EQ(std::count_if(script_->asked.begin(), script_->asked.end(), moves), 1);
}

TEST_F(ScriptedDav, a_read_is_of_the_content_that_was_seen_whether_or_not_the_server_knows_conditions) {
  start();
  answers_["GET /dav/f"] = {"HTTP/1.1 206 Partial Content\nETag: W/\"new\"\nContent-Range: bytes 4-7/8\n", "tail"};
  ReadOptions options;
  options.range = {4, 8};
  options.if_match = "old";
  EXPECT_EQ(failure(backend_->read("f", options)).code(), ErrorCode::precondition_failed);
  EXPECT_FALSE(last().has("if-match")) << "Apache refuses it for a weak one";
  options.if_match = "new";
  EXPECT_EQ(backend_->read("f", options).get()->read_all().get().view(), "tail");
}

TEST_F(ScriptedDav, folders_are_made_from_the_first_that_is_missing_also_above_the_mount) {
  start({{"replace", "direct"}});
  std::map<std::string, bool> there;
  script_->answer = [&there](const Asked& asked) {
    const std::string path = asked.target.substr(0, asked.target.find_last_not_of('/') + 1);
    const std::string parent = path.substr(0, path.rfind('/'));
    if (asked.method == "PROPFIND") return multistatus(path, kFile);
    if (!parent.empty() && !there[parent]) return status(409);
    if (asked.method == "MKCOL" && there[path]) return status(405);
    there[path] = true;
    return status(201);
  };
  backend_->put("a/b/f", body(), {}).get();
  EXPECT_TRUE(there["/dav/a/b/f"]);
  EXPECT_EQ(asked(),
            "PUT /dav/a/b/f, MKCOL /dav/a/b/, MKCOL /dav/a/, MKCOL /dav/, MKCOL /dav/a/, MKCOL /dav/a/b/, "
            "PUT /dav/a/b/f, PROPFIND /dav/a/b/f");
}

TEST_F(ScriptedDav, a_folder_of_nginx_goes_by_its_name_with_a_slash) {
  answers_["DELETE /dav/d"] = status(409);
  answers_["DELETE /dav/d/"] = status(204);
  answers_["PROPFIND /dav/d"] = multistatus("/dav/d/", kFolder);
  start();
  backend_->remove_tree("d").get();
  EXPECT_EQ(last().target, "/dav/d/");
  backend_->remove_tree("nothing").get();
}

TEST_F(ScriptedDav, a_page_in_place_of_a_folder_is_no_file) {
  answers_["GET /dav/d"] = {"HTTP/1.1 200 OK\nContent-Type: text/html\n", "<html>"};
  answers_["PROPFIND /dav/d"] = multistatus("/dav/d/", kFolder);
  start();
  EXPECT_EQ(failure(backend_->read("d", {})).code(), ErrorCode::is_directory);
}

TEST_F(ScriptedDav, a_deletion_is_refused_while_something_is_in_the_folder) {
  answers_["PROPFIND /dav/d"] = multistatus("/dav/d/f", kFile);
  start();
  EXPECT_EQ(failure(backend_->remove("d")).code(), ErrorCode::not_empty);
  EXPECT_EQ(asked(), "PROPFIND /dav/d");
}

/// A folder with one file of this name, changed so long ago.
ScriptedAnswer folder_with(const std::string& name, std::chrono::seconds age) {
  const auto changed = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - age;
  return multistatus("/dav/d/" + name,
                     kFile + "<D:getlastmodified>" + format_iso8601(changed) + "</D:getlastmodified>");
}

TEST_F(ScriptedDav, a_users_file_that_looks_like_ours_is_one) {
  constexpr std::chrono::hours kLong(1000);
  for (const std::string digits : {"anything16chars", "0123456789abcdef", "0123456789abcdef0123456789abcdef"}) {
    const std::string name = ".genro-storage-" + digits + ".tmp";
    answers_["PROPFIND /dav/d"] = answers_["PROPFIND /dav/d/"] = folder_with(name, kLong);
    answers_["PUT /dav/d/" + name] = status(201);
    start({{"replace", "direct"}});
    EXPECT_EQ(failure(backend_->remove("d")).code(), ErrorCode::not_empty);
    EXPECT_EQ(backend_->list("d", {}).get().entries.size(), 1U);
    std::vector<std::string> removed;
    backend_->clean("d", 0, &removed).get();
    EXPECT_TRUE(removed.empty());
    EXPECT_TRUE(failure(backend_->put("d/" + name, body(), {})).code() == ErrorCode::internal) << "it succeeded";
    EXPECT_EQ(asked().find("DELETE"), std::string::npos);
  }
}

TEST_F(ScriptedDav, a_folder_is_not_removed_with_a_file_that_is_being_written_but_with_what_a_dead_writer_left) {
  const std::string name = unfinished_upload_name(*Env::system().random);
  answers_["PROPFIND /dav/d"] = folder_with(name, std::chrono::hours(1));
  answers_["DELETE /dav/d/"] = status(204);
  start();
  EXPECT_EQ(failure(backend_->remove("d")).code(), ErrorCode::not_empty);
  EXPECT_EQ(asked(), "PROPFIND /dav/d");
  answers_["PROPFIND /dav/d"] = folder_with(name, std::chrono::hours(25));
  backend_->remove("d").get();
  EXPECT_EQ(last().method + last().target, "DELETE/dav/d/");
}

TEST_F(ScriptedDav, what_a_server_stores_after_it_was_cut_off_is_removed_all_the_same) {
  start({{"replace", "move"}});
  struct Server {  // shared: the client looks once more, long after this test
    std::mutex mutex;
    std::vector<std::string> deleted;
    std::promise<void> twice;
    ScriptedAnswer there = status(404);
  };
  const auto server = std::make_shared<Server>();
  script_->answer = [server](const Asked& asked) -> ScriptedAnswer {
    if (asked.method == "PUT") throw Error(ErrorCode::connection, "the answer is lost");
    const std::lock_guard lock(server->mutex);
    if (asked.method == "PROPFIND") return server->there;
    if (asked.method != "DELETE" || asked.target == "/dav/d/") return status(204);
    server->deleted.push_back(asked.target);
    if (server->deleted.size() == 2) server->twice.set_value();
    return status(server->deleted.size() == 1 ? 404 : 204);  // only then had the server stored the file
  };
  EXPECT_EQ(failure(backend_->put("d/f", body(), {})).code(), ErrorCode::connection);
  const std::string first = server->deleted.at(0);
  {
    const std::lock_guard lock(server->mutex);
    server->there = folder_with(first.substr(first.rfind('/') + 1), std::chrono::seconds(0));
  }
  backend_->remove("d").get();  // no writer of it lives
  server->twice.get_future().wait();
  const std::lock_guard lock(server->mutex);
  EXPECT_TRUE(first.starts_with("/dav/d/.genro-storage-"));
  EXPECT_EQ(server->deleted[1], first);
}

TEST_F(ScriptedDav, folders_that_lie_in_each_other_without_end_are_refused) {
  start();
  script_->answer = [](const Asked& asked) { return multistatus(asked.target + "loop/", kFolder); };
  std::vector<std::string> removed;
  EXPECT_EQ(failure(backend_->clean("", 0, &removed)).code(), ErrorCode::protocol);
  EXPECT_LT(script_->asked.size(), 1100U);
}

TEST_F(ScriptedDav, nextcloud_is_known_by_its_url) {
  const auto uploads = [](const std::string& url, ConfigMap more = {}) {
    more.emplace_back("url", url);
    return parse_config(MountOptions("m", "webdav", std::move(more), kWebdavOptions)).uploads;
  };
  EXPECT_EQ(uploads("https://h/remote.php/dav/files/ada/sub"), "/remote.php/dav/uploads/ada");
  EXPECT_EQ(uploads("https://h/nc/remote.php/webdav/", {{"username", "a b"}}), "/nc/remote.php/dav/uploads/a%20b");
  EXPECT_EQ(uploads("https://h/remote.php/webdav"), "") << "nobody says whose";
  EXPECT_EQ(uploads("https://h/dav/"), "");
  EXPECT_EQ(uploads("https://h/remote.php/dav/files/ada", {{"dialect", "plain"}}), "");
}

}  // namespace
}  // namespace genro::storage::webdav
