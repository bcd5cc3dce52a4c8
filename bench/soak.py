#!/usr/bin/python3
"""Two thousand sessions of mixed clients for as long as asked: memory stays flat, every session in IDLE is told of every
message exactly once, no answer is wrong, every message that is fetched is octet by octet one of ours. `make soak MINUTES=10`."""
import argparse
import os
import sys
import time
from pathlib import Path

import peers
from driver import prepare_process
from load import Load, WrongAnswer
from rows import ACCOUNTS, LOOK, WATCHED

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
MIXED = [  # workload, port, share of the sessions, accounts
    ('soak-phone', 'imaps', 0.10, LOOK), ('soak-phone', 'imap', 0.05, LOOK), ('soak-desk', 'imap', 0.10, dict(first_user=71, users=20)),
    ('soak-pop3', 'pop3', 0.05, LOOK), ('soak-poll', 'imap', 0.10, LOOK), ('soak-tidy', 'imap', 0.0, WATCHED)]
SAMPLE_SECONDS = 5
FOOTERS_KB = 4096
SETTINGS = {'index_cache': '2m'}  # full soon: what grows after that is no cache


def start_loads(options, server):
    loads = []
    for workload, port, share, accounts in MIXED:
        loads.append(Load(options, server, workload, port, connections=max(1, int(options.sessions * share)), seconds=10000000, **accounts))
    watchers = int(options.sessions * (1 - sum(m[2] for m in MIXED)))
    loads.append(Load(options, server, 'idle', 'imap', connections=watchers, deliver=HERE / 'workloads' / 'soak-mail.w',
                      deliver_port=server.ports['lmtp'], deliveries=1000000000, **WATCHED))
    for load in loads:
        load.__enter__()
    for load in loads:
        load.begin()
    return loads


def is_flat(samples):
    """The last third needs no more than the middle third, give or take 5% and what the open segments gather for their footers."""
    third = len(samples) // 3
    if third < 3:
        return True
    middle, last = sorted(samples[third:2 * third])[third // 2], sorted(samples[-third:])[third // 2]
    return last <= middle * 1.05 + FOOTERS_KB


def watch(options, server, loads):
    samples, until = [], time.monotonic() + options.minutes * 60
    while time.monotonic() < until:
        time.sleep(SAMPLE_SECONDS)
        samples.append(server.account_group().pss_kb())
        for load in loads:
            if load.process.poll() is not None:
                raise WrongAnswer(load.process.stderr.read().strip() or 'a load generator ended')
        if len(samples) % 12 == 1:
            each = ', '.join('%s %.1f' % (name, kb / 1024) for name, kb in sorted(server.account_group().pss_by_name().items()))
            print('%5.1f minutes: %d MB (%s)' % ((len(samples) * SAMPLE_SECONDS) / 60, samples[-1] / 1024, each), flush=True)
    return samples


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--build', type=Path, default=ROOT / 'build-bench' / 'barid', help='a release build')
    parser.add_argument('--minutes', type=float, default=10)
    parser.add_argument('--sessions', type=int, default=2000)
    options = parser.parse_args()
    options.limit = 300
    os.environ['BARID'] = str(options.build / 'barid')
    prepare_process()
    server, problems, loads = peers.SERVERS['barid'](SETTINGS), [], []
    try:
        server.prepare(ACCOUNTS)
        server.run()
        with Load(options, server, 'deliver', 'lmtp', connections=8, count=100 * LOOK['users'], **LOOK) as load:
            load.go()
        loads = start_loads(options, server)
        samples = watch(options, server, loads)
        for load in loads:
            out = load.end()
            print('%-10s %8d operations, p99 %.1f ms%s' % (load.name, out['operations'], out['latency_ms']['p99'],
                                                           ', told %d times' % out['told'] if 'told' in out else ''))
        if not is_flat(samples):
            problems.append('memory grows: %s' % ' '.join('%d' % (s / 1024) for s in samples))
    except WrongAnswer as wrong:
        problems.append(str(wrong))
    finally:
        for load in loads:
            load.__exit__(problems)
        server.stop()
        problems += server.complaints()
        peers.tidy(server)
    for problem in problems:
        print('FAIL: %s' % problem)
    print('%d problems' % len(problems))
    sys.exit(bool(problems))


if __name__ == '__main__':
    main()
