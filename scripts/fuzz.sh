#!/bin/bash
# Runs every fuzzer for FUZZ_SECONDS (60) on its kept corpus (tests/corpus/NAME), on what transcripts say, and with its dictionary; new inputs go to a
# scratch directory, or with FUZZ_KEEP=DIRECTORY stay there. FUZZ_ONLY: names, with blanks between.
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-build-fuzz}
seconds=${FUZZ_SECONDS:-60}

[ -e "$build/build.ninja" ] || CC=clang meson setup "$build" -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false || exit 1
ninja -C "$build" >/dev/null || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 scripts/fuzz_seeds.py "$scratch/seeds" || exit 1
kept=${FUZZ_KEEP:-$scratch/new}

fuzz() { # program name
	local f=$1 name=$2 dictionary corpus d
	dictionary=$(find src "$scratch/seeds" -name "${name}_fuzz.dict" -o -name "$name.dict" | head -n 1)
	mkdir -p "$kept/$name"
	corpus=
	for d in "tests/corpus/$name" "$scratch/seeds/$name"; do
		[ -d "$d" ] && corpus="$corpus $d"
	done
	# shellcheck disable=SC2086
	if "$f" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 ${dictionary:+-dict="$dictionary"} \
		-artifact_prefix="${FUZZ_KEEP:-$scratch}/" "$kept/$name" $corpus >"$scratch/$name.output" 2>&1; then
		echo "ok   $name: $(grep -o 'number_of_executed_units: .*' "$scratch/$name.output")"
	else
		touch "$scratch/bad"
		echo "FAIL $name"
		tail -n 40 "$scratch/$name.output"
	fi
}

# as many at a time as there are processors
for f in "$build"/*_fuzz; do
	name=$(basename "$f" _fuzz)
	case " ${FUZZ_ONLY:-$name} " in *" $name "*) ;; *) continue ;; esac
	[ "$(jobs -rp | wc -l)" -lt "$(nproc)" ] || wait -n
	fuzz "$f" "$name" &
done
wait
[ ! -e "$scratch/bad" ]
