// A program that loads the backend: notes BACKEND DATABASE
#include <genro/storage/storage.h>

#include <iostream>

using namespace genro::storage;

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    const std::string protocol = StorageManager::load_backend(argv[1]);
    StorageManager storage;
    storage.configure({{{"name", "notes"}, {"protocol", protocol}, {"database", argv[2]}}});
    storage.node("notes:2026/today.txt").write_text("hello").get();
    for (const Node& node : storage.node("notes:2026").children().get()) {
      std::cout << node.fullpath() << ": " << node.read_text().get() << '\n';
    }
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
