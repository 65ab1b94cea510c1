# The flags of every target of Gavel, and one function per kind of target.

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

find_program(GAVEL_CCACHE ccache)
if(GAVEL_CCACHE)
  # Paths below the checkout count as relative ones, so that clones share what is compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${GAVEL_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

# The packages of npm that a folder's package-lock.json names, as sources to build; once for each content of that file.
function(gavel_npm folder what)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/package-lock.json)
  execute_process(COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/scripts/npm.py ${folder} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "${what} couldn't be installed: npm's message is above")
  endif()
endfunction()

# Warnings are errors. Not so with `cmake --compile-no-warning-as-error`, for compilers that warn of more than Debian 12's.
set(CMAKE_COMPILE_WARNING_AS_ERROR ON)

set(GAVEL_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them: address,undefined or thread")

add_library(gavel_flags INTERFACE)
target_compile_features(gavel_flags INTERFACE cxx_std_20)
target_compile_options(gavel_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -fno-omit-frame-pointer)
# Of libraries and programs; tests/ sets it to nothing.
set(GAVEL_STRICT -Wconversion -Wsign-conversion $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
target_include_directories(gavel_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
find_program(GAVEL_MOLD mold)
if(GAVEL_MOLD)
  target_link_options(gavel_flags INTERFACE -fuse-ld=mold)
endif()
if(GAVEL_SANITIZE)
  target_compile_options(gavel_flags INTERFACE -fsanitize=${GAVEL_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(gavel_flags INTERFACE -fsanitize=${GAVEL_SANITIZE})
endif()
# Debug information only as far as a backtrace needs it: a third of the link time. Under sanitizers -O2 takes half as long again
# to compile as -O1, and runs little faster.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1")
# GCC 12, when it optimises, warns of ghosts in the standard library (its bug 105651, for one): told, and no error.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  foreach(ghost restrict stringop-overflow stringop-overread array-bounds maybe-uninitialized)
    string(APPEND CMAKE_CXX_FLAGS_RELWITHDEBINFO " -Wno-error=${ghost}")
  endforeach()
endif()
if(GAVEL_SANITIZE)
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
endif()

# gavel_library(NAME SOURCES ... [LIBS ...] [PRIVATE_LIBS ...])
function(gavel_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS;PRIVATE_LIBS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_compile_options(${name} PRIVATE ${GAVEL_STRICT})
  target_link_libraries(${name} PUBLIC gavel_flags ${arg_LIBS} PRIVATE ${arg_PRIVATE_LIBS})
endfunction()

# gavel_executable(NAME SOURCES ... [LIBS ...]): lands in build/bin.
function(gavel_executable name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_compile_options(${name} PRIVATE ${GAVEL_STRICT})
  target_link_libraries(${name} PRIVATE gavel_flags ${arg_LIBS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()

# gavel_test(NAME SOURCES ... [LIBS ...] [TIMEOUT seconds] [THREADS] [WAITS]): a Catch2 program, each of its test cases counted.
# Those that start Gavel's programs find them in GAVEL_BIN_DIR. THREADS: it is run under the thread sanitizer, too
# (scripts/test.sh). WAITS: it mostly waits, so it runs beside those that keep the processors busy.
function(gavel_test name)
  cmake_parse_arguments(arg "THREADS;WAITS" "TIMEOUT" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE gavel_flags ${arg_LIBS} catch2_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  set(labels catch)
  if(arg_THREADS)
    list(APPEND labels threads)
    set_property(GLOBAL APPEND PROPERTY GAVEL_THREAD_TESTS ${name})
  endif()
  if(arg_WAITS)
    list(APPEND labels waits)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" ENVIRONMENT "GAVEL_BIN_DIR=${PROJECT_BINARY_DIR}/bin")
  if(arg_TIMEOUT)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT})
  endif()
endfunction()
