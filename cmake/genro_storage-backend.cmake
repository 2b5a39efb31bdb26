# genro_storage_add_backend(NAME SOURCES…): a backend in a shared object of its own, NAME.so, which
# StorageManager::load_backend() loads. It is linked with nothing of the library: it finds it in the process that loads it.
function(genro_storage_add_backend name)
  add_library(${name} MODULE ${ARGN})
  set_target_properties(${name} PROPERTIES PREFIX "" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(${name} PRIVATE genro::headers)
endfunction()
