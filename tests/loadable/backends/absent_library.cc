// The library that is missing when needs_absent.so is loaded.
extern "C" int genro_absent() { return 7; }
