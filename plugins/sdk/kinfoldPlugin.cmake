# kinfold_add_plugin(NAME SOURCE...): a connector as the host wants it, NAME.so, exporting one function. NAME is what the
# connector calls itself and what kinfold.yaml says.
function(kinfold_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE kinfold::plugin_sdk)
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden)
endfunction()
