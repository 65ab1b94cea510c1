# c-kzg, KZG commitments and proofs for blobs (EIP-4844, EIP-7594), with blst below it and the setup of Ethereum's ceremony in it:
# one library, from the sources that npm's package ships. protocol/kzg.cpp and protocol/field.cpp alone include its headers.

find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(kzg_folder ${PROJECT_SOURCE_DIR}/cmake/kzg)
gavel_npm(${kzg_folder} "c-kzg")
set(kzg_sources ${kzg_folder}/node_modules/c-kzg/deps)

# The setup as bytes, which trusted_setup.S takes into the library.
set(kzg_setup ${PROJECT_BINARY_DIR}/generated/kzg_setup.bin)
add_custom_command(OUTPUT ${kzg_setup}
  COMMAND ${Python3_EXECUTABLE} -B ${kzg_folder}/setup_bytes.py ${kzg_sources}/c-kzg/trusted_setup.txt ${kzg_setup}
  DEPENDS ${kzg_folder}/setup_bytes.py ${kzg_sources}/c-kzg/trusted_setup.txt ${kzg_folder}/package-lock.json
  VERBATIM)
set_source_files_properties(${kzg_folder}/trusted_setup.S PROPERTIES
  OBJECT_DEPENDS ${kzg_setup} COMPILE_DEFINITIONS "GAVEL_KZG_SETUP=\"${kzg_setup}\"")

# Others' code, as Debian's libraries are: no warnings and no sanitizer. Portable: the processor is asked at run time what it can.
add_library(ckzg STATIC
  ${kzg_sources}/c-kzg/ckzg.c
  ${kzg_sources}/blst/src/server.c
  ${kzg_sources}/blst/build/assembly.S
  ${kzg_folder}/trusted_setup.S)
target_include_directories(ckzg SYSTEM PUBLIC ${kzg_sources}/c-kzg ${kzg_sources}/blst/bindings)
target_compile_definitions(ckzg PRIVATE __BLST_PORTABLE__)
target_compile_options(ckzg PRIVATE -w)
set_target_properties(ckzg PROPERTIES COMPILE_WARNING_AS_ERROR OFF C_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON)
