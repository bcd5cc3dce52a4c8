#!/usr/bin/python3
"""Measures Barid, Dovecot and Cyrus side by side: every workload on every server in turn, in several rounds of one run.
Writes Markdown, JSON and plots after every row. `make bench`; see bench/README.md."""
import argparse
import os
import resource
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))
import kinds  # noqa: E402
import machine  # noqa: E402
import peers  # noqa: E402
import report  # noqa: E402
from load import Load, WrongAnswer  # noqa: E402
from rows import ACCOUNTS, BIG, LOOK, rows  # noqa: E402

FILL_SECONDS = 900
ONCE = ('idle', 'push', 'start', 'start-many', 'rebuild', 'rest-memory', 'rest-cpu', 'fetch-still', 'fetch-moving')
FAILURES = (WrongAnswer, OSError, peers.ServerError, subprocess.SubprocessError)


# ── Servers ──

def fill(options, server):
    """What the rows expect to find; the large mailbox without syncs where a server has a switch for that."""
    def load(workload, port, **more):
        with Load(options, server, workload, port, **more) as one:
            return one.go(FILL_SECONDS)
    load('deliver', 'lmtp', connections=8, count=100 * LOOK['users'], **LOOK)
    load('deliver', 'lmtp', connections=8, count=100, first_user=0, users=50)
    load('fill', 'imap', connections=8, count=options.messages, define={'mailbox': 'INBOX'}, **BIG)
    load('folders', 'imap', count=1000, first_user=79, users=1)
    load('login', 'imap', connections=8, count=ACCOUNTS, users=ACCOUNTS)


def prepare(options, name):
    """The server, filled and running; None when that cannot be: the others are measured without it."""
    server, began = peers.SERVERS[name](), time.monotonic()
    try:
        server.prepare(ACCOUNTS)
        server.run(durable=False)
        fill(options, server)
        kinds.restart(server)
    except FAILURES as wrong:
        print('%s is left out: %s' % (name, wrong), flush=True)
        peers.tidy(server)
        return None
    print('%s: filled in %.0f s' % (name, time.monotonic() - began), flush=True)
    return server


# ── Rows ──

def once(server, row, options):
    """One figure; one that cannot be had is no reason to end the run, but for a new start of that server."""
    try:
        kinds.use_certificate(server, row)
        return kinds.KINDS[row.kind](options, server, row)
    except FAILURES as wrong:
        try:
            kinds.restart(server)
        except FAILURES as worse:
            print('%s does not start again: %s' % (server.name, worse), flush=True)
        return {'wrong': str(wrong)}


def measure(options, row, servers, run):
    servers = [s for s in servers if row.only in (None, s.name)]
    found = {}
    for turn in range((1 if row.once or row.kind in ONCE else options.rounds) if servers else 0):
        if row.limit:
            for key, value in machine.limits(options, servers[0].dir).items():
                run.limits.setdefault(key, []).append(value)
        for server in servers[turn % len(servers):] + servers[:turn % len(servers)]:
            found.setdefault(server.name, []).append(once(server, row, options))
    if found:
        run.rows[row.name] = {'row': row, 'servers': {name: summary(values) for name, values in found.items()}}
        print(report.line(run.rows[row.name]), flush=True)


def median_of(values):
    return {'median': statistics.median(values), 'least': min(values), 'most': max(values)}


def summary(found):
    good = [r for r in found if 'wrong' not in r]
    if not good:
        return {'wrong': found[0]['wrong']}
    out = {'value': median_of([r['value'] for r in good]), 'runs': found}
    if 'note' in good[-1]:
        out['note'] = good[-1]['note']
    if 'server_cpu' in good[0] and 'cpu_per_operation_us' in good[0]:
        out['cpu_us'] = median_of([r['cpu_per_operation_us'] for r in good])
    if 'latency_ms' in good[0]:
        out['p99_ms'] = statistics.median(r['latency_ms']['p99'] for r in good)
        out['client_share'] = statistics.median(r['cpu_share'] for r in good)
        out['others_share'] = statistics.median(r['others_share'] for r in good)
    return out


# ── The run ──

def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--build', type=Path, default=ROOT / 'build-bench' / 'barid', help='a release build')
    parser.add_argument('--servers', default='barid,dovecot,cyrus')
    parser.add_argument('--rows', default='', help='only these, by name or beginning of the name, with commas between')
    parser.add_argument('--quick', action='store_true', help='10,000 messages, two short rounds')
    parser.add_argument('--messages', type=int, help='in the large mailbox')
    parser.add_argument('--rounds', type=int)
    parser.add_argument('--seconds', type=float, help='a run of one workload on one server')
    parser.add_argument('--idle', type=int, help='connections that wait, at most')
    parser.add_argument('--limit', type=float, default=120, help='seconds that one step of the load generator may take')
    parser.add_argument('--minutes', type=float, default=1e6, help='after these no row is begun')
    parser.add_argument('--resume', action='store_true', help='keep the rows that are in --out already (of the same sizes), measure the others')
    parser.add_argument('--out', type=Path, default=ROOT / 'build-bench' / 'results')
    parser.add_argument('--publish', action='store_true', help='put table and plots into doc/PERFORMANCE.md')
    options = parser.parse_args()
    usual = (10000, 2, 0.5, 1000, 30) if options.quick else (100000, 5, 2.0, 10000, 60)
    for name, value in zip(('messages', 'rounds', 'seconds', 'idle'), usual):
        if getattr(options, name) is None:
            setattr(options, name, value)
    options.deliveries = usual[4]
    os.environ['BARID'] = str(options.build / 'barid')
    return options


def prepare_process():
    """Many files, and a SIGTERM that tidies up."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))


def measure_all(options, chosen, run):
    missing, servers = [r for r in chosen if r.name not in run.rows], []
    try:
        for name in options.servers.split(','):
            servers += [s for s in [prepare(options, name)] if s]
        run.machine = machine.describe(options, servers)
        for row in missing:
            if run.minutes_now() > options.minutes:
                print('%s and what follows is not measured: %.0f minutes are over' % (row.name, options.minutes), flush=True)
                break
            measure(options, row, servers, run)
            run.save()
    finally:
        kinds.tidy()
        for server in servers:
            peers.tidy(server)


def main():
    options = parse()
    prepare_process()
    all_rows = rows(options.messages)
    chosen = [r for r in all_rows if not options.rows or r.name.startswith(tuple(options.rows.split(',')))]
    run = report.Run(options, all_rows)
    try:
        measure_all(options, chosen, run)
    finally:
        if run.rows:
            run.finish()


if __name__ == '__main__':
    main()
