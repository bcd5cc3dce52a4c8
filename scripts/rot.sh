#!/bin/bash
# Bit rot in PLACES (12000) places of the log, every second one of a small directory of accounts, and some hundred of the index's files; the last
# line is "N passed, N failed".
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-build-test}
passed=0
failed=0

[ -e "$build/build.ninja" ] || CC=gcc meson setup "$build" -Dwerror=true -Db_sanitize=address,undefined >/dev/null
ninja -C "$build" --quiet || exit 1
for t in rot_test directory_rot_test; do
	if BARID_ROT=${PLACES:-12000} "$build/$t"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
