#!/bin/sh
# Builds the connector against an installed Kinfold and checks it:  ./run.sh [PREFIX]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=${1:-/usr/local}
cmake -S "$here" -B "$here/build" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$here/build" >/dev/null
cp -r "$here/testdata" "$here/build/"
PATH="$prefix/bin:$PATH" kinfold plugin check "$here/build/source_tickets.so"
