# One static library a tier; a tier links (and so sees the third-party headers of) only the tiers below it.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(ZLIB REQUIRED)

add_library(genro_options INTERFACE)
target_compile_features(genro_options INTERFACE cxx_std_20)
target_compile_options(genro_options INTERFACE -Wall -Wextra -Wconversion $<$<BOOL:${GENRO_WERROR}>:-Werror> -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false maybe-uninitialized and mismatched-new-delete inside coroutine frames, and false restrict at -O3
  # where a literal is put in front of a std::string.
  target_compile_options(genro_options INTERFACE -Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-restrict)
  if(CMAKE_UNITY_BUILD)
    # It takes the files of a unit for headers, where an unnamed namespace would be a mistake.
    target_compile_options(genro_options INTERFACE -Wno-subobject-linkage)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12 calls its own deprecated function in stable_sort and inplace_merge, and clang blames the caller.
  target_compile_options(genro_options INTERFACE -Wno-deprecated-declarations)
endif()
if(GENRO_SANITIZE)
  target_compile_options(genro_options INTERFACE -fsanitize=${GENRO_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(genro_options INTERFACE -fsanitize=${GENRO_SANITIZE})
endif()

# One precompiled header for all targets that are made with genro_options.
function(genro_precompiled target)
  if(NOT TARGET genro_precompiled_headers)
    set(libraries genro_options)
    set(headers algorithm array atomic charconv chrono coroutine cstring filesystem functional map memory mutex optional
        random span string string_view thread variant vector)
    if(GENRO_BUILD_TESTS)
      find_package(GTest REQUIRED)
      list(APPEND headers gtest/gtest.h gmock/gmock.h)
      list(APPEND libraries GTest::gtest GTest::gmock)
    endif()
    list(TRANSFORM headers REPLACE "(.+)" "<\\1>")
    file(WRITE ${PROJECT_BINARY_DIR}/precompiled.cc "")
    add_library(genro_precompiled_headers OBJECT ${PROJECT_BINARY_DIR}/precompiled.cc)
    target_precompile_headers(genro_precompiled_headers PRIVATE ${headers})
    target_link_libraries(genro_precompiled_headers PRIVATE ${libraries})
  endif()
  target_precompile_headers(${target} REUSE_FROM genro_precompiled_headers)
endfunction()

include(GenroAbi)

# Protocols that are not part of the engine but shared objects of their own, as NAME:LIBRARY, the library as pkg-config calls it.
set(genro_loadable_protocols "")

set(genro_tiers core text codec loop net auth backend backends layers node manager)
set(genro_core_deps Threads::Threads)
set(genro_codec_deps OpenSSL::Crypto ZLIB::ZLIB)
set(genro_loop_deps OpenSSL::SSL)
set(genro_auth_deps nlohmann_json::nlohmann_json)
set(genro_backends_deps nlohmann_json::nlohmann_json ${CMAKE_DL_LIBS})
set(genro_manager_deps nlohmann_json::nlohmann_json yaml-cpp)

if(GENRO_PRECOMPILE)
  set(CMAKE_CXX_COMPILE_OPTIONS_PIE -fPIC)  # one precompiled header serves programs and libraries only if both are compiled so
endif()

# Programs that count memory put a frame pool of their own in its place, which needs it in an object file of its own.
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/core/frame_pool.cc PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
# The table of protocols changes with every new one, which should not compile its neighbours again.
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/backends/protocols.cc PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)

# Headers of the engine without the engine.
add_library(genro_includes INTERFACE)
target_compile_features(genro_includes INTERFACE cxx_std_20)
target_include_directories(genro_includes INTERFACE
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src ${genro_generated})

set(lower "")
set(genro_objects "")
set(genro_dependencies "")
foreach(tier IN LISTS genro_tiers)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${tier}/*.cc)
  foreach(line IN LISTS genro_loadable_protocols)
    string(REGEX REPLACE ":.*" "" name ${line})
    list(FILTER sources EXCLUDE REGEX "/src/backends/${name}/")
  endforeach()
  if(sources)
    add_library(gs_${tier} STATIC ${sources})
    target_include_directories(gs_${tier} PUBLIC
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
      $<BUILD_INTERFACE:${genro_generated}>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(gs_${tier} PUBLIC ${lower} PRIVATE $<BUILD_INTERFACE:genro_options> ${genro_${tier}_deps})
    # Backends in shared objects of their own find the engine by its symbols. Nobody may put others in their place, so that
    # calls within the engine stay as direct as those to hidden ones.
    set_target_properties(gs_${tier} PROPERTIES CXX_VISIBILITY_PRESET default)
    target_compile_options(gs_${tier} PRIVATE -fno-semantic-interposition)
    if(GENRO_PRECOMPILE)
      genro_precompiled(gs_${tier})
    endif()
    list(APPEND genro_objects $<TARGET_OBJECTS:gs_${tier}>)
    list(APPEND genro_dependencies ${genro_${tier}_deps})
    list(PREPEND lower gs_${tier})
    list(PREPEND genro_tier_targets gs_${tier})
  endif()
endforeach()

# What front doors, tests and benchmarks link.
add_library(genro_all INTERFACE)
target_link_libraries(genro_all INTERFACE ${genro_tier_targets})

# All of the engine, whether or not it is used, for what shows it to backends in shared objects of their own.
list(REMOVE_DUPLICATES genro_dependencies)
add_library(genro_engine INTERFACE)
target_sources(genro_engine INTERFACE ${genro_objects})
target_link_libraries(genro_engine INTERFACE genro_includes ${genro_dependencies})
set(genro_exports -Wl,-Bsymbolic)
if(NOT GENRO_SANITIZE)  # whose run time library what is loaded must find, too
  list(APPEND genro_exports -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map)
endif()
target_link_options(genro_engine INTERFACE ${genro_exports})
set_property(TARGET genro_engine PROPERTY INTERFACE_LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/exports.map)
include(GenroLoadable)
