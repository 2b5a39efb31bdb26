// The C++ tour of the README, from outside: only installed headers and the one target.
#include <genro/storage/storage.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>

using namespace genro::storage;

namespace {

void expect(bool truth, const char* what) {
  if (truth) return;
  std::cerr << "not so: " << what << '\n';
  std::exit(1);
}

Task<std::string> read_both(Node first, Node second) {
  std::string text = co_await first.read_text();
  std::string more = co_await second.read_text();
  co_return text + more;
}

}  // namespace

int main(int argc, char** argv) {
  expect(argc == 2, "the folder to work in is given");
  StorageManager storage;
  storage.configure({
      {{"name", "home"}, {"protocol", "local"}, {"base_path", argv[1]}},
      {{"name", "cache"}, {"protocol", "memory"}},
  });

  Node note = storage.node("home:notes/today.txt");
  note.write_text("hello").get();
  expect(note.exists().get(), "a written file exists");
  expect(note.size().get() == 5, "it has its size");
  expect(std::filesystem::file_size(std::string(argv[1]) + "/notes/today.txt") == 5, "it is a real file");

  Node copy = note.copy_to(storage.node("cache:today.txt")).get();
  expect(copy.read_text().get() == "hello", "a copy on another mount has the content");
  expect(read_both(note, copy).get() == "hellohello", "operations can be awaited in a coroutine");

  try {
    storage.node("home:absent.txt").read_text().get();
    expect(false, "an absent file is an error");
  } catch (const Error& error) {
    expect(error.code() == ErrorCode::not_found, "the error says what it is");
    std::cout << error.what() << '\n';
  }
  note.remove().get();
  expect(!note.exists().get(), "a removed file is gone");
}
