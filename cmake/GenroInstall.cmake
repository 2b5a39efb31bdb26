# What an outside project gets: find_package(genro_storage CONFIG) and the one target genro::storage, a static archive
# of all tiers. Static, because everything is compiled with hidden visibility and a C++ ABI is promised to nobody; an
# application carries one copy of the engine, and needs only the shared libraries of Debian that the engine itself uses.
if(SKBUILD)
  return()  # a wheel holds the Python package alone
endif()
include(CMakePackageConfigHelpers)

set(objects "")
set(dependencies "")
foreach(tier IN LISTS genro_tiers)
  if(TARGET gs_${tier})
    list(APPEND objects $<TARGET_OBJECTS:gs_${tier}>)
    list(APPEND dependencies ${genro_${tier}_deps})
  endif()
endforeach()
list(REMOVE_DUPLICATES dependencies)
list(REMOVE_ITEM dependencies nlohmann_json::nlohmann_json)  # headers only: it is inside already

if(objects)
  add_library(genro_storage STATIC ${objects})
  add_library(genro::storage ALIAS genro_storage)
  set_target_properties(genro_storage PROPERTIES EXPORT_NAME storage LINKER_LANGUAGE CXX)
  target_compile_features(genro_storage PUBLIC cxx_std_20)
  target_include_directories(genro_storage PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(genro_storage PRIVATE ${dependencies})

  set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/genro_storage)
  install(TARGETS genro_storage EXPORT genro_storage_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT cpp)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/genro DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT cpp)
  install(EXPORT genro_storage_targets NAMESPACE genro:: DESTINATION ${package_folder} COMPONENT cpp)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/genro_storage-config.cmake.in
    ${PROJECT_BINARY_DIR}/genro_storage-config.cmake INSTALL_DESTINATION ${package_folder})
  # Before 1.0 a new minor version may change the API.
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/genro_storage-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/genro_storage-config.cmake ${PROJECT_BINARY_DIR}/genro_storage-config-version.cmake
    DESTINATION ${package_folder} COMPONENT cpp)
endif()
