# genro/storage/abi.h, by which a backend in a shared object and the library that loads it know that they fit: a digest of all
# public headers. No number that somebody must remember to raise.
file(GLOB public_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/genro/storage/*.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${public_headers})
set(digests "")
foreach(header IN LISTS public_headers)
  file(SHA256 ${header} digest)
  string(APPEND digests ${digest})
endforeach()
string(SHA256 genro_headers_digest "${digests}")
string(SUBSTRING ${genro_headers_digest} 0 12 genro_headers_digest)
set(genro_generated ${PROJECT_BINARY_DIR}/generated)
configure_file(${PROJECT_SOURCE_DIR}/cmake/abi.h.in ${genro_generated}/genro/storage/abi.h @ONLY)
