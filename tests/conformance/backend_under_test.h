// What the conformance suite runs over: one line a backend, and one a layer, in backends_under_test.cc.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "genro/storage/backend.h"

namespace genro::storage::conformance {

/// The place of one test: nothing of it exists before, and nothing should stay.
class Fixture {
 public:
  Fixture();
  ~Fixture();
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;
  const std::string& unique() const { return unique_; }  ///< A name that no other test has.
  const std::string& folder();                           ///< An empty folder of this machine, made on first use.

 private:
  std::string unique_;
  std::string folder_;
};

struct BackendUnderTest {
  std::string name;
  std::function<std::shared_ptr<Backend>(Fixture&)> make;
  std::string missing = {};   ///< Why it cannot run here; its tests are skipped, saying so.
  std::string mistaken = {};  ///< Characters that its server cannot have in names.
  bool pages = true;          ///< Its server cuts listings of files and folders into pages as it should.
  bool over_network = false;  ///< What it asks is a real server, beyond the process.
  bool behind_layer = false;  ///< One of ours stands in front; runs from the reactor only, and in no short run.
  std::string twin = {};      ///< The one that runs through the same code of ours, over another server.
};
std::vector<BackendUnderTest> backends_under_test();
void PrintTo(const BackendUnderTest& subject, std::ostream* stream);  // what GoogleTest calls it

}  // namespace genro::storage::conformance
