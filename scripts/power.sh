#!/bin/bash
# Power losses at length, on an ordinary build (BUILD=DIR for another): the tests that play them, with POWER (9) times as many random histories as in
# `make test`. The last line counts the states that were opened, none of which lost anything.
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-build-plain}
tests="log_crash_test store_crash_test power_test directory_crash_test"
export POWER=${POWER:-9}
states=0
failed=0

[ -e "$build/build.ninja" ] || CC=gcc meson setup "$build" -Dwerror=true || exit 1
# shellcheck disable=SC2086
ninja -C "$build" $tests || exit 1
for t in $tests; do
	log=$(mktemp)
	if "$build/$t" >"$log" 2>&1; then
		n=$(sed -n 's/^\([0-9]*\) states of a power loss$/\1/p' "$log")
		echo "ok   $t: $n states"
		states=$((states + n))
	else
		echo "FAIL $t"
		tail -n 40 "$log"
		failed=$((failed + 1))
	fi
	rm -f "$log"
done
echo "$states states of a power loss, $failed tests failed"
[ $failed = 0 ]
