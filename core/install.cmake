# What an installation has besides program, connectors and headers: default rules, the manual page, completion, the licence.
# Included at the end of the root CMakeLists.txt, after plugins/sdk/sdk.cmake.
install(DIRECTORY rules/ DESTINATION ${CMAKE_INSTALL_DATADIR}/kinfold/rules)
install(FILES LICENSE README.md core/config/KEYS.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The page and the completion are printed by the program from its tables of commands, so they never lag behind it.
if(TARGET kinfold)
  set(KF_GENERATED ${CMAKE_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${KF_GENERATED})
  function(kf_printed file)
    add_custom_command(OUTPUT ${KF_GENERATED}/${file}
      COMMAND kinfold ${ARGN} > ${KF_GENERATED}/${file}.new
      COMMAND ${CMAKE_COMMAND} -E rename ${KF_GENERATED}/${file}.new ${KF_GENERATED}/${file}
      DEPENDS kinfold COMMENT "Printing ${file}" VERBATIM)
  endfunction()
  kf_printed(kinfold.1 help --man)
  kf_printed(kinfold.bash completion bash)
  kf_printed(_kinfold completion zsh)
  add_custom_target(kinfold_pages ALL DEPENDS ${KF_GENERATED}/kinfold.1 ${KF_GENERATED}/kinfold.bash
    ${KF_GENERATED}/_kinfold)
  install(FILES ${KF_GENERATED}/kinfold.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${KF_GENERATED}/kinfold.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME kinfold)
  install(FILES ${KF_GENERATED}/_kinfold DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endif()
