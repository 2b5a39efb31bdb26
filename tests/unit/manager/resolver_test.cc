#include "manager/resolver.h"

#include <gmock/gmock.h>

#include "genro/storage/manager.h"

namespace genro::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Resolver : public ::testing::Test {
 protected:
  Resolver() {
    storage_.configure({{{"name", "uploads"}, {"protocol", "memory"}, {"base_path", "resolver"}},
                        {{"name", "inline"}, {"protocol", "base64"}},
                        {{"name", "part"}, {"path", "uploads:folder"}, {"permissions", "readonly"}}});
  }
  ResolvedPath resolve(const std::string& address, const std::string& mount = "archive") {
    return resolver(mount, *storage_.state()->table(), found_)(address);
  }
  std::string refused(const std::string& address, const std::string& mount = "archive") {
    try {
      resolve(address, mount);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::config);
      return error.what();
    }
    return "no failure";
  }
  StorageManager storage_;
  std::vector<MountPointer> found_;
};

TEST_F(Resolver, gives_the_backend_and_the_path_and_notes_what_is_stood_on) {
  const ResolvedPath file = resolve("uploads:old//backup.zip");
  EXPECT_EQ(file.backend, storage_.state()->find("uploads")->backend);
  EXPECT_EQ(file.path, "old/backup.zip");
  EXPECT_THAT(found_, ElementsAre(storage_.state()->find("uploads")));
  EXPECT_EQ(resolve("uploads").path, "");
  EXPECT_EQ(resolve("uploads:").path, "");
}

TEST_F(Resolver, keeps_the_layers_of_a_mount) {
  const ResolvedPath file = resolve("part:backup.zip");
  EXPECT_EQ(file.backend->put(file.path, Body(Bytes::copy_of("x")), {}).result().error().code(),
            ErrorCode::mount_permission);
}

TEST_F(Resolver, takes_the_path_of_an_inline_mount_as_it_is) { EXPECT_EQ(resolve("inline:QUJD//8=").path, "QUJD//8="); }

TEST_F(Resolver, names_the_mounts_that_there_are_when_it_knows_none_of_the_name) {
  EXPECT_EQ(refused("later:backup.zip"),
            "mount 'archive': 'later:backup.zip' is on no mount that was configured before it. "
            "Available mounts: 'uploads', 'inline', 'part'");
  EXPECT_THAT(refused(""), HasSubstr("no mount"));
}

TEST_F(Resolver, refuses_a_path_that_none_can_be) {
  EXPECT_THAT(refused("uploads:../backup.zip"), HasSubstr("'uploads:../backup.zip' is no path of a mount"));
}

TEST_F(Resolver, refuses_a_mount_that_would_stand_on_itself_however_far_down) {
  EXPECT_THAT(refused("uploads:backup.zip", "uploads"), HasSubstr("lies on what the mount itself provides"));
  EXPECT_THAT(refused("part:backup.zip", "uploads"), HasSubstr("lies on what the mount itself provides"));
  EXPECT_EQ(refused("uploads:backup.zip", "part"), "no failure");
}

}  // namespace
}  // namespace genro::storage
