#!/bin/bash
# The test suite: builds with gcc under ASan and UBSan and with clang, both with -Werror; runs unit tests, transcripts and
# end-to-end tests with real clients. Says every failure; the last line is "N passed, N failed".
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-build-test}
passed=0
failed=0

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1:handle_abort=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export BARID_BUILD=$PWD/$build

count() { # passed failed
	passed=$((passed + $1))
	failed=$((failed + $2))
}
say() { printf '\n== %s (after %d s)\n' "$*" $SECONDS; }

# A step that is one test: its output is shown when it fails.
step() { # name command...
	local name=$1 log
	shift
	log=$(mktemp)
	if "$@" >"$log" 2>&1; then
		echo "ok   $name"
		count 1 0
	else
		echo "FAIL $name"
		tail -n 60 "$log"
		count 0 1
	fi
	rm -f "$log"
}

# A suite that closes with "N passed, N failed".
suite() { # name command...
	local name=$1 log closing
	shift
	say "$name"
	log=$(mktemp)
	"$@" 2>&1 | tee "$log"
	closing=$(grep -Eo '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
	if [ -n "$closing" ]; then
		# shellcheck disable=SC2086
		set -- $closing
		count "$1" "$3"
	else
		echo "FAIL $name: it did not come to its end"
		count 0 1
	fi
	rm -f "$log"
}

configure() { # directory compiler options...
	local dir=$1 cc=$2
	shift 2
	[ -e "$dir/build.ninja" ] || CC=$cc meson setup "$dir" -Dwerror=true "$@"
}

build_gcc() {
	configure "$build" gcc -Db_sanitize=address,undefined && ninja -C "$build"
}
build_clang() {
	configure "$build-clang" clang -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false && ninja -C "$build-clang"
}

say "build"
step "gcc, -Werror, ASan, UBSan" build_gcc
if [ $failed != 0 ]; then
	echo
	echo "$passed passed, $failed failed"
	exit 1
fi
step "clang, -Werror, fuzzers" build_clang

# The sanitizers need calls that a front may not make, so the confinement is proved on the ordinary build.
confine_plain() {
	configure "$build-plain" gcc && ninja -C "$build-plain" confine_test && "$build-plain/confine_test"
}
step "confinement, on the ordinary build" confine_plain

say "source"
step "no room reaches another by a relative include" sh -c '! grep -rnE "#include \"\.\./" src'
step "layout (make format)" sh -c 'find src -name "*.c" -o -name "*.h" | xargs clang-format --dry-run -Werror'
step "every verb has a transcript" python3 tests/player/coverage.py
step "doc/rfc-map.md: its tests exist, its sections are all there" python3 tests/rfc_map.py

# x_test-DISK is x_test once more, on a disk that is no better than it must be (tests/README.md)
suite "unit tests" scripts/unit.py "$build"

say "fuzzers, a few seconds each on the kept corpus"
step "fuzzers" env FUZZ_SECONDS="${FUZZ_SECONDS:-3}" BUILD="$build-clang" scripts/fuzz.sh

# Two lanes side by side: most of this waits for something.
transcripts() {
	suite "the transcripts' player fails when it must" tests/player/test
	suite "the transcripts themselves, against a stock Dovecot" python3 tests/player/play.py --server dovecot --modes whole
	suite "650 messages, as a stock Dovecot and Python read them" python3 tests/mime/compare.py --build "$build"
	suite "transcripts" python3 tests/player/play.py --server barid --build "$build" --modes whole,bytes,slow
	suite "transcripts on disks that fail (make test-faults: a failure at each call)" env QUICK=1 BUILD="$build" scripts/faults.sh
	suite "transcripts, with a failure of each kind at some of their calls" python3 tests/faults/transcripts.py --sample 2 --transcripts 40
}
disasters() {
	suite "the crash test finds what is spoiled on purpose" tests/crash/test --build "$build"
	step "twenty seconds of kills (make test-crash: more)" python3 tests/crash/crash.py --build "$build" --seconds 20
	suite "a little work, with a failure of each kind at one of its calls" /usr/bin/python3 tests/faults/walk.py
	suite "changes of accounts, with a failure of each kind at one of their calls" /usr/bin/python3 tests/faults/accounts.py
	say "many sessions against a model of what each must have been told"
	step "20,000 steps" python3 tests/model/model.py --build "$build" --steps 20000 --seed "${MODEL_SEED:-1}"
}
lane() { # function: its counts go to a file
	passed=0 failed=0
	"$1"
	echo "$passed $failed" >"$lanes/$1"
}
lanes=$(mktemp -d)
lane disasters >"$lanes/said" 2>&1 &
lane_of_disasters=$!
(lane transcripts)
wait $lane_of_disasters
cat "$lanes/said"
for l in transcripts disasters; do
	# shellcheck disable=SC2046
	if [ -s "$lanes/$l" ]; then count $(cat "$lanes/$l"); else count 0 1; fi
done
rm -rf "$lanes"

suite "end to end: the system, and real clients" python3 tests/run_pytest.py

echo
echo "$passed passed, $failed failed"
[ $failed = 0 ]
