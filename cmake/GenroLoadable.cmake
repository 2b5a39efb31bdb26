# Protocols with a heavy dependency: each is a shared object of its own, genro_NAME.so, which the engine loads when a mount of
# its protocol is configured (src/backends/loadable.h). A machine without the dependency builds and runs all the rest.
# A new one: its line in genro_loadable_protocols (GenroTiers.cmake), its sources in src/backends/NAME, whose loadable.cc defines
# genro_storage_backend(), and the line of the table in protocols.cc, with the package and without a factory.
# For tests, gs_NAME are its objects and genro_NAME is the module.
function(genro_loadable_backend name library)
  find_package(PkgConfig)
  if(PkgConfig_FOUND)
    pkg_check_modules(genro_${name} IMPORTED_TARGET ${library})
  endif()
  if(NOT genro_${name}_FOUND)
    message(STATUS "Protocol ${name} is left out: pkg-config knows no ${library}")
    return()
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/backends/${name}/*.cc)
  add_library(gs_${name} OBJECT ${sources})
  target_link_libraries(gs_${name} PUBLIC genro_includes PkgConfig::genro_${name} PRIVATE $<BUILD_INTERFACE:genro_options>)
  if(GENRO_PRECOMPILE)
    genro_precompiled(gs_${name})
  endif()
  add_library(genro_${name} MODULE $<TARGET_OBJECTS:gs_${name}>)
  target_link_libraries(genro_${name} PRIVATE PkgConfig::genro_${name} $<BUILD_INTERFACE:genro_options>)
  # In a folder beside the Python module, where the engine looks for it.
  set_target_properties(genro_${name} PROPERTIES PREFIX "" LINKER_LANGUAGE CXX
                        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/src/python/_backends)
  set_property(GLOBAL APPEND PROPERTY genro_loadable_modules genro_${name})
  install(TARGETS genro_${name} LIBRARY DESTINATION genro_storage/_backends COMPONENT python)
  if(NOT SKBUILD)
    install(TARGETS genro_${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/genro_storage COMPONENT cpp)
  endif()
endfunction()

foreach(line IN LISTS genro_loadable_protocols)
  string(REPLACE ":" ";" parts ${line})
  genro_loadable_backend(${parts})
endforeach()
