# The connector development kit: after `cmake --install . --component kinfold_sdk`, a project elsewhere says
#     find_package(kinfold 0.1 REQUIRED)
#     kinfold_add_plugin(source_mine source_mine.c)
# Included at the end of the root CMakeLists.txt.
include(CMakePackageConfigHelpers)
set(KF_SDK_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/kinfold)
set_target_properties(kinfold_plugin_sdk PROPERTIES EXPORT_NAME plugin_sdk)
set_target_properties(kf_headers PROPERTIES EXPORT_NAME headers)
install(TARGETS kf_headers kinfold_plugin_sdk EXPORT kinfoldTargets COMPONENT kinfold_sdk)
install(EXPORT kinfoldTargets NAMESPACE kinfold:: DESTINATION ${KF_SDK_DIR} COMPONENT kinfold_sdk)
install(DIRECTORY core/include/kinfold DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT kinfold_sdk)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/kinfoldConfig.cmake.in ${CMAKE_BINARY_DIR}/kinfoldConfig.cmake
  INSTALL_DESTINATION ${KF_SDK_DIR})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/kinfoldConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/kinfoldConfig.cmake ${CMAKE_BINARY_DIR}/kinfoldConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/kinfoldPlugin.cmake DESTINATION ${KF_SDK_DIR} COMPONENT kinfold_sdk)

# What belongs to a connector: its self-test (`kinfold plugin check`) and its page. In the build tree the loader finds them
# through a link beside the object.
file(GLOB plugin_dirs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/plugins/*_*)
foreach(dir IN LISTS plugin_dirs)
  get_filename_component(name ${dir} NAME)
  if(NOT TARGET ${name} OR name STREQUAL "_template")
    continue()
  endif()
  install(DIRECTORY ${dir}/ DESTINATION ${CMAKE_INSTALL_DATADIR}/kinfold/plugins/${name}
    FILES_MATCHING PATTERN "README.md" PATTERN "sample.*" REGEX "/testdata/")
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/bin/plugins)
  if(NOT EXISTS ${CMAKE_BINARY_DIR}/bin/plugins/${name})
    file(CREATE_LINK ${dir} ${CMAKE_BINARY_DIR}/bin/plugins/${name} SYMBOLIC)
  endif()
endforeach()
