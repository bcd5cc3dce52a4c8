#!/bin/bash
# The long crash test, on an ordinary build (BUILD=DIR for another): tests/crash/crash.py tells what it does.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build-plain}

[ -e "$build/build.ninja" ] || CC=gcc meson setup "$build" -Dwerror=true
ninja -C "$build" barid barid-faulty
tests/crash/test --build "$build" # the test finds what it must
exec python3 tests/crash/crash.py --build "$build" --kills "${KILLS:-1000}"
