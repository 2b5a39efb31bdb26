# What an outside project gets: find_package(genro_storage CONFIG) with
#  genro::storage         all tiers in a static archive. Static, because a C++ ABI is promised to nobody; an application carries
#                         one copy of the engine, and needs only the shared libraries of Debian that the engine itself uses
#  genro::storage_shared  the same as a shared library, for programs that load backends
#  genro::headers         the public headers alone, and genro_storage_add_backend() for backends that are loaded.
if(SKBUILD)
  return()  # a wheel holds the Python package alone
endif()
include(CMakePackageConfigHelpers)

set(dependencies ${genro_dependencies})
list(REMOVE_ITEM dependencies nlohmann_json::nlohmann_json)  # headers only: it is inside already

if(genro_objects)
  add_library(genro_storage_headers INTERFACE)
  add_library(genro_storage STATIC ${genro_objects})
  add_library(genro_storage_shared SHARED ${genro_objects})
  set_target_properties(genro_storage_headers PROPERTIES EXPORT_NAME headers)
  target_compile_features(genro_storage_headers INTERFACE cxx_std_20)
  target_include_directories(genro_storage_headers INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  add_library(genro::storage ALIAS genro_storage)
  set_target_properties(genro_storage PROPERTIES EXPORT_NAME storage LINKER_LANGUAGE CXX)
  # Before 1.0 a new minor version may change the API.
  set_target_properties(genro_storage_shared PROPERTIES EXPORT_NAME storage_shared LINKER_LANGUAGE CXX OUTPUT_NAME genro_storage
                        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  target_link_options(genro_storage_shared PRIVATE ${genro_exports})
  if(GENRO_SANITIZE)
    target_link_options(genro_storage_shared PRIVATE -fsanitize=${GENRO_SANITIZE})
  endif()
  foreach(library genro_storage genro_storage_shared)
    target_link_libraries(${library} PUBLIC genro_storage_headers PRIVATE ${dependencies})
  endforeach()

  set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/genro_storage)
  install(TARGETS genro_storage_headers genro_storage genro_storage_shared EXPORT genro_storage_targets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT cpp
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT cpp NAMELINK_COMPONENT cpp)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/genro ${genro_generated}/genro DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT cpp)
  install(EXPORT genro_storage_targets NAMESPACE genro:: DESTINATION ${package_folder} COMPONENT cpp)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/genro_storage-config.cmake.in
    ${PROJECT_BINARY_DIR}/genro_storage-config.cmake INSTALL_DESTINATION ${package_folder})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/genro_storage-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/genro_storage-config.cmake ${PROJECT_BINARY_DIR}/genro_storage-config-version.cmake
    ${PROJECT_SOURCE_DIR}/cmake/genro_storage-backend.cmake
    DESTINATION ${package_folder} COMPONENT cpp)
endif()
