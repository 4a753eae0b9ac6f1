# One set of warnings for all our targets; errors in CI (DARKROOM_WERROR), never in a user's build.
add_library(darkroom_options INTERFACE)
# Designated initializers leave the other members at their defaults on purpose. restrict: false alarms of g++ 12 on
# std::string's operator+ (GCC bug 105651).
target_compile_options(darkroom_options INTERFACE -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare
                       -Wno-missing-field-initializers
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(DARKROOM_WERROR)
  target_compile_options(darkroom_options INTERFACE -Werror)
endif()
if(DARKROOM_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()
target_include_directories(darkroom_options INTERFACE ${PROJECT_SOURCE_DIR}/src)

# libtorch without its CMake package: that one drags in Caffe2, protobuf and every include path of its own build.
# Debian puts headers and libraries in the standard places; elsewhere set CMAKE_PREFIX_PATH to libtorch's folder.
find_path(TORCH_INCLUDE ATen/ATen.h REQUIRED)
find_library(TORCH_LIBRARY torch REQUIRED)
find_library(TORCH_CPU_LIBRARY torch_cpu REQUIRED)
find_library(C10_LIBRARY c10 REQUIRED)
add_library(darkroom_torch INTERFACE)
target_include_directories(darkroom_torch SYSTEM INTERFACE ${TORCH_INCLUDE} ${TORCH_INCLUDE}/torch/csrc/api/include)
target_link_libraries(darkroom_torch INTERFACE ${TORCH_LIBRARY} ${TORCH_CPU_LIBRARY} ${C10_LIBRARY})

# at::parallel_for is a template in libtorch's headers: compiled without OpenMP it runs on one thread, and says nothing.
# Fuzz targets, which clang builds, see no tensors.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  target_link_libraries(darkroom_torch INTERFACE OpenMP::OpenMP_CXX)
endif()

# Debian's OpenBLAS comes once with OpenMP threads and once with threads of its own, and /etc/alternatives prefers the
# second, whose threads fight with libtorch's for the cores: a training step took twice as long. The program's run path
# must reach libtorch's own needs, so it is the old kind (RPATH).
find_library(OPENBLAS_OPENMP libopenblas.so.0 PATH_SUFFIXES openblas-openmp ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp)
if(OPENBLAS_OPENMP MATCHES openblas-openmp)
  get_filename_component(OPENBLAS_OPENMP_FOLDER ${OPENBLAS_OPENMP} DIRECTORY)
  target_link_options(darkroom_torch INTERFACE -Wl,--disable-new-dtags -Wl,-rpath,${OPENBLAS_OPENMP_FOLDER})
endif()

include(cmake/unused_needs.cmake)
stand_in_for_unused_needs(${TORCH_CPU_LIBRARY} ${PROJECT_BINARY_DIR}/unused_needs UNUSED_NEEDS_STOOD_IN)
if(UNUSED_NEEDS_STOOD_IN)
  target_link_options(darkroom_torch INTERFACE -Wl,--disable-new-dtags -Wl,-rpath,${PROJECT_BINARY_DIR}/unused_needs)
endif()

# darkroom_library(name SOURCES ... LINKS ... [TORCH]): one static library per folder of src/, linking only what it may use.
function(darkroom_library name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;LINKS" ${ARGN})
  add_library(darkroom_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(darkroom_${name} PUBLIC darkroom_options ${ARG_LINKS})
  if(ARG_TORCH)
    target_link_libraries(darkroom_${name} PUBLIC darkroom_torch)
    if(NOT name STREQUAL "layers")
      target_precompile_headers(darkroom_${name} REUSE_FROM darkroom_layers)
    endif()
  endif()
endfunction()
