// A shared object that is no backend.
extern "C" [[gnu::visibility("default")]] int something_else() { return 1; }
