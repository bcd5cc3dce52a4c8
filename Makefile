# A thin face over Meson: the two commands of the README, and a few more.
.PHONY: all run test test-crash test-power test-faults test-rot test-thunderbird test-mime install format fuzz bench bench-growth soak soak-model test-perf clean

all: build/build.ninja
	ninja -C build

build/build.ninja:
	scripts/install-packages.sh build
	meson setup build --prefix=/usr/local --buildtype=release -Db_lto=false

# A working server on unprivileged ports: see scripts/run.sh
run:
	scripts/install-packages.sh build
	@test -e build/build.ninja || meson setup build --prefix=/usr/local --buildtype=release >/dev/null
	@ninja -C build --quiet barid
	@scripts/run.sh

# Unit tests, transcripts, real clients, under ASan and UBSan; the last line is "N passed, N failed"
test:
	scripts/install-packages.sh test
	scripts/test.sh

# kill -9 of working servers, KILLS (1000) times; the last line is "N kills, N acknowledged, 0 lost, 0 doubled, 0 risen"
test-crash:
	scripts/install-packages.sh test
	scripts/crash.sh

# Power loss in a hundred thousand states; the last line is "N states of a power loss, 0 tests failed"
test-power:
	scripts/install-packages.sh test
	scripts/power.sh

# Each kind of failing call at every call of a little work; transcripts on a disk that waits; the last line is "N passed, N failed"
test-faults:
	scripts/install-packages.sh test
	scripts/faults.sh

# A bit turned in 12,000 places of a store
test-rot:
	scripts/install-packages.sh test
	scripts/rot.sh

# 650 messages, whole and broken, as Barid shows them and as Dovecot, Cyrus and Python do; the last line is "N passed, N failed"
test-mime: all
	scripts/install-packages.sh test
	scripts/install-packages.sh bench
	BARID_BUILD=build /usr/bin/python3 tests/mime/compare.py --cyrus

# A person's way with a real Thunderbird in a window; pictures in build-thunderbird; the last line is "N passed, N failed"
test-thunderbird: all
	scripts/install-packages.sh window
	BARID_BUILD=build /usr/bin/python3 tests/thunderbird/thunderbird.py

# FHS paths below PREFIX (/usr/local), DESTDIR as usual
install: all
	meson install -C build --no-rebuild

format:
	find src -name '*.c' -o -name '*.h' | xargs clang-format -i

# Every fuzzer for FUZZ_SECONDS (60) on the kept corpus and on what transcripts say
fuzz:
	scripts/install-packages.sh test
	scripts/fuzz.sh

# Barid beside Dovecot and Cyrus: see bench/README.md. QUICK=1: a few minutes; BENCH="--rounds 3 --rows look,pop3": options of bench/driver.py
bench: build-bench
	/usr/bin/python3 bench/driver.py $(if $(QUICK),--quick) $(BENCH)

# The same over 1,000 to 1,000,000 messages and 1 to 512 connections
bench-growth: build-bench
	/usr/bin/python3 bench/growth.py $(BENCH)

# 2,000 sessions of mixed clients for MINUTES (10)
soak: build-bench
	/usr/bin/python3 bench/soak.py --minutes $(or $(MINUTES),10)

# The model test for MINUTES (60), with one seed after the other from SEED (of the clock) on, each 20,000 steps: build/ is what is tested
soak-model: build/build.ninja
	ninja -C build
	python3 tests/model/model.py --minutes $(or $(MINUTES),60) $(if $(SEED),--seed $(SEED))

# Instructions of hot paths against those on record; RECORD=1 puts today's on record
test-perf: build-bench
	scripts/install-packages.sh perf
	@ninja -C build-bench/barid --quiet bench/bench-counts
	/usr/bin/python3 bench/counts/counts.py build-bench/barid/bench/bench-counts $(if $(RECORD),--record)

.PHONY: build-bench
build-bench:
	scripts/install-packages.sh bench
	@test -e build-bench/barid/build.ninja || meson setup build-bench/barid --buildtype=release >/dev/null
	@ninja -C build-bench/barid --quiet barid bench/bench-load bench/bench-limits bench/libbench-nosync.so

clean:
	rm -rf build build-*
