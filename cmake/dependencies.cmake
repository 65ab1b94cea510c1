# Debian's packages (scripts/install_dependencies.sh), each met once as a target.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(leveldb REQUIRED)
# Debian's file names snappy here, which the shared library brings by itself and libleveldb-dev doesn't depend on.
set_target_properties(leveldb::leveldb PROPERTIES INTERFACE_LINK_LIBRARIES Threads::Threads)
find_package(Protobuf REQUIRED)
find_package(gRPC REQUIRED)
find_package(CURL REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(rapidcheck REQUIRED)
pkg_check_modules(secp256k1 REQUIRED IMPORTED_TARGET libsecp256k1)
pkg_check_modules(cryptopp REQUIRED IMPORTED_TARGET libcrypto++)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(brotlienc REQUIRED IMPORTED_TARGET libbrotlienc)
pkg_check_modules(brotlidec REQUIRED IMPORTED_TARGET libbrotlidec)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)

# Catch2 version 2 with Debian's compiled main: saves ten seconds for each test program.
find_library(GAVEL_CATCH2_MAIN Catch2WithMain PATHS /usr/lib REQUIRED)
add_library(catch2_main INTERFACE)
target_link_libraries(catch2_main INTERFACE ${GAVEL_CATCH2_MAIN} rapidcheck)
