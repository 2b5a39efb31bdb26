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
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12 calls its own deprecated function in stable_sort and inplace_merge, and clang blames the caller.
  target_compile_options(genro_options INTERFACE -Wno-deprecated-declarations)
endif()
if(GENRO_SANITIZE)
  target_compile_options(genro_options INTERFACE -fsanitize=${GENRO_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(genro_options INTERFACE -fsanitize=${GENRO_SANITIZE})
endif()

set(genro_tiers core text codec loop net auth backend backends layers node manager)
set(genro_core_deps Threads::Threads)
set(genro_codec_deps OpenSSL::Crypto ZLIB::ZLIB)
set(genro_loop_deps OpenSSL::SSL)
set(genro_auth_deps nlohmann_json::nlohmann_json)
set(genro_manager_deps nlohmann_json::nlohmann_json yaml-cpp)

set(lower "")
foreach(tier IN LISTS genro_tiers)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${tier}/*.cc)
  if(sources)
    add_library(gs_${tier} STATIC ${sources})
    target_include_directories(gs_${tier} PUBLIC
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(gs_${tier} PUBLIC ${lower} PRIVATE $<BUILD_INTERFACE:genro_options> ${genro_${tier}_deps})
    list(PREPEND lower gs_${tier})
    list(PREPEND genro_tier_targets gs_${tier})
  endif()
endforeach()

# What front doors, tests and benchmarks link.
add_library(genro_all INTERFACE)
target_link_libraries(genro_all INTERFACE ${genro_tier_targets})
