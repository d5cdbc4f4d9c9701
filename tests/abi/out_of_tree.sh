#!/bin/sh
# Installs the development kit into a folder of its own, builds connectors against it as somebody outside would, and loads them.
#   out_of_tree.sh SOURCE_DIR BUILD_DIR LOADER
set -eu
source=$1 build=$2 loader=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
if [ ! -f "$build/kinfoldConfig.cmake" ]; then
    echo "plugins/sdk/sdk.cmake is not part of this build; skipped"
    exit 77
fi
cmake --install "$build" --prefix "$work/prefix" --component kinfold_sdk >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
test -f "$work/prefix/include/kinfold/plugin.h"

build_one() { # folder
    cp -r "$1" "$work/$(basename "$1")"
    cmake -S "$work/$(basename "$1")" -B "$work/b-$(basename "$1")" -DCMAKE_PREFIX_PATH="$work/prefix" \
        >"$work/log" 2>&1 && cmake --build "$work/b-$(basename "$1")" >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}
build_one "$source/plugins/_template"
build_one "$source/examples/plugin"
"$loader" "$work/b-_template/_template.so" "$work/b-plugin/source_tickets.so" >"$work/out"
cat "$work/out"
grep -q '^_template 1.0: ' "$work/out"
grep -q '^source_tickets 1.0: ' "$work/out"
# The headers stand alone in C and in C++.
for h in error event option plugin; do
    printf '#include <kinfold/%s.h>\nint main(void) { return 0; }\n' "$h" >"$work/h.c"
    cp "$work/h.c" "$work/h.cc"
    cc -std=c11 -Wall -Wextra -Werror -pedantic -I"$work/prefix/include" -c "$work/h.c" -o "$work/h.o"
    c++ -std=c++17 -Wall -Wextra -Werror -I"$work/prefix/include" -c "$work/h.cc" -o "$work/h.o"
done
echo "plugin_sdk: good"
