"""./dev check finds the names that two files of a tier give in their unnamed namespaces, before a build does."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from check_names import faults_of, names_in

KINDS = """
// struct Commented {};
#include "x.h"
namespace genro::storage {
struct Shared {};
void shared();
namespace {

constexpr std::size_t kLimit = 1 << 4;
const char* const kText = "struct Quoted { };";
static const std::map<std::string, int> kMap{{"a", 1}, {"b", 2}};
class Forward;
enum class Colour : char { red, green };
struct Box final : public Base<int, Other> {
  explicit Box(int size) : size_(size), other_{size} {}
  int size() const { return size_; }
  int size_;
};
using Pair = std::pair<int, int>;

template <class T, class U = std::vector<T>>
U made_of(const T& value, std::string_view name = "x") {
  struct Inner {};
  return {};
}
Task<void> declared(int);
Box::Box() : size_{1}, other_(2) {}
TEST(Suite, states_something) { int local = 1; }

}  // namespace
void open() { int inside = 0; }
}  // namespace genro::storage
"""


def test_all_that_an_unnamed_namespace_defines_is_seen_and_nothing_else():
    found = {(one.name, one.kind) for one in names_in(KINDS)}
    assert found == {
        ("kLimit", "constant"),
        ("kText", "constant"),
        ("kMap", "constant"),
        ("Colour", "type"),
        ("Box", "type"),
        ("made_of", "function(const T &, std :: string_view)"),
        ("Suite_states_something", "test"),
    }
    assert {one.scope for one in names_in(KINDS)} == {"genro::storage"}


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [
        ("int f(int a) { return a; }", "int f(int b = 2) {}", True),
        ("int f(int a) { return a; }", "int f(std::string a) {}", False),
        ("int f(int a) { return a; }", "int f(int a);", False),
        ("constexpr int kA = 1;", "constexpr long kA{2};", True),
        ("struct A {};", "class A { int a; };", True),
        ("struct A {};", "int A() { return 1; }", True),
        ("struct A {};", "struct B { struct A {}; };", False),
        ("struct A {};", "} namespace deeper { namespace { struct A {}; }", False),
        ("TEST_P(A, b) {}", "TEST_P(A, b) {}", True),
        ("TEST_P(A, b) {}", "TEST_P(A, c) {}", False),
    ],
)
def test_what_cannot_be_compiled_as_one_is_named(tmp_path, one, other, collide):
    files = [tmp_path / "one.cc", tmp_path / "other.cc"]
    for file, text in zip(files, (one, other), strict=True):
        file.write_text(f"namespace gs {{\nnamespace {{\n{text}\n}}\n}}\n")
    faults = faults_of(files)
    assert bool(faults) == collide
    assert all(fault.startswith(f"{files[1]}:3: ") for fault in faults)
