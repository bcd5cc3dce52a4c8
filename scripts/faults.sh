#!/bin/bash
# Transcripts on engine `mem`, on a disk whose reads all have to wait, with stalls, with interrupted and partial system calls: the answers are the
# same. Then each kind of failure at every call of a little work (tests/faults/walk.py), of changes of accounts (tests/faults/accounts.py), and at
# the calls of the transcripts themselves (tests/faults/transcripts.py), for MINUTES (10; 0: every call, some twenty minutes on two cores).
# QUICK=1: the four disks alone.
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-build-test}
export BARID_BUILD=$PWD/$build
passed=0
failed=0

[ -e "$build/build.ninja" ] || CC=gcc meson setup "$build" -Dwerror=true -Db_sanitize=address,undefined >/dev/null
ninja -C "$build" --quiet || exit 1

count() { # the last line of a suite
	# shellcheck disable=SC2086
	set -- ${1:-0 passed, 1 failed}
	passed=$((passed + $1))
	failed=$((failed + $3))
}

for faults in 'engine=mem' 'read-cached:1+=pending' 'seed=7 any:p0.02=stall:20 segment=200000' \
	'write:1/2=part read-cached:1/2=part read:1/2=part sync:1/2=eintr'; do
	log=$(mktemp)
	echo "== transcripts with $faults"
	python3 tests/player/play.py --server barid --build "$build" --modes "${MODES:-whole}" --faults "$faults" 2>&1 | tee "$log"
	count "$(grep -Eo '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)"
	rm -f "$log"
done
if [ -z "${QUICK:-}" ]; then
	log=$(mktemp)
	echo "== a failure at each call"
	/usr/bin/python3 tests/faults/walk.py --all 2>&1 | tee "$log"
	count "$(grep -Eo '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)"
	echo "== a failure at each call that accounts make"
	/usr/bin/python3 tests/faults/accounts.py --all 2>&1 | tee "$log"
	count "$(grep -Eo '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)"
	echo "== a failure at each call of the transcripts"
	python3 tests/faults/transcripts.py --all --minutes "${MINUTES:-10}" 2>&1 | tee "$log"
	count "$(grep -Eo '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)"
	rm -f "$log"
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
