# libsecp256k1's sources as npm's package ships them, for the one thing that Debian's library doesn't offer: a sum over many
# points at once, by which protocol/ecdsa_batch.c checks many signatures for the price of half as many. Everything else that
# Gavel asks of libsecp256k1 is Debian's, whose names this doesn't touch: only inner files are included, where all is local.

set(secp256k1_folder ${PROJECT_SOURCE_DIR}/cmake/secp256k1)
gavel_npm(${secp256k1_folder} "libsecp256k1's sources")
set(secp256k1_sources ${secp256k1_folder}/node_modules/secp256k1/src/secp256k1)

add_library(ecdsa_batch STATIC ${PROJECT_SOURCE_DIR}/protocol/ecdsa_batch.c)
target_include_directories(ecdsa_batch PRIVATE ${PROJECT_SOURCE_DIR})
target_include_directories(ecdsa_batch SYSTEM PRIVATE ${secp256k1_sources} ${secp256k1_sources}/src)
# Others' code, as Debian's libraries are: no warnings and no sanitizer.
target_compile_options(ecdsa_batch PRIVATE -O3 -w)
set_target_properties(ecdsa_batch PROPERTIES COMPILE_WARNING_AS_ERROR OFF C_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON)
