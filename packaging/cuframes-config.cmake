# find_package(cuframes) gives the target cuframes::cuframes. This file is at
# PREFIX/LIBDIR/cmake/cuframes, so the folder of the library is two above it.

get_filename_component(_cuframes_libdir "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
get_filename_component(_cuframes_prefix "${_cuframes_libdir}" DIRECTORY)

if(NOT TARGET cuframes::cuframes)
    add_library(cuframes::cuframes SHARED IMPORTED)
    set_target_properties(cuframes::cuframes PROPERTIES
        IMPORTED_LOCATION "${_cuframes_libdir}/libcuframes.so.0"
        IMPORTED_SONAME "libcuframes.so.0"
        INTERFACE_INCLUDE_DIRECTORIES "${_cuframes_prefix}/include")
endif()

unset(_cuframes_libdir)
unset(_cuframes_prefix)
