#!/usr/bin/python3
"""Measures Barid, Dovecot and Cyrus side by side: every workload on every server in turn, in several rounds of one run.
Writes Markdown, JSON and plots. `make bench`; see bench/README.md."""
import argparse
import os
import resource
import signal
import socket
import statistics
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))
import cpu  # noqa: E402
import machine  # noqa: E402
import peers  # noqa: E402
import report  # noqa: E402
from load import Load, WrongAnswer  # noqa: E402
from rows import ACCOUNTS, BIG, LOOK, RATE, SPEED, TIME, rows  # noqa: E402


def run_load(options, server, row):
    with Load(options, server, row.workload, row.port, connections=min(row.connections, server.most_connections), seconds=options.seconds,
              define=row.define, **row.options) as load:
        out = load.go()
    out['value'] = {RATE: out['rate'] * row.per, TIME: out['latency_ms']['p50'] / row.per,
                    SPEED: out['bytes'] / out['seconds'] / 1e6}[row.unit]
    out['cpu_per_operation_us'] = out['server_cpu'] / max(out['operations'] * row.per, 1) * 1e6
    if row.after:
        with Load(options, server, row.after, row.port, count=1, **row.options) as load:
            load.go()
    return out


def settle(group):
    """Memory once it no longer changes: processes end and buffers are given back a little later."""
    last = group.pss_kb()
    for _ in range(10):
        time.sleep(0.5)
        now = group.pss_kb()
        if abs(now - last) < 50:
            break
        last = now
    return now


def restart(server):
    """A new start, so that memory which earlier rows left free is not what this one is given."""
    server.stop()
    server.account_group().leave_processes()
    server.run()


def use_certificate(server, row):
    if row.tls and row.certificate != server.certificate_kind:
        server.certificate_kind = row.certificate
        peers.make_certificate(server.dir, row.certificate)
        restart(server)


def run_idle(options, server, row):
    count = min(row.connections, server.most_connections, options.idle)
    group = server.account_group()
    restart(server)
    with Load(options, server, 'login', 'imap', connections=8, count=2 * row.options['users'], **row.options) as load:
        load.go()
    before = settle(group)
    with Load(options, server, row.workload, row.port, connections=count, hold=True, **row.options) as load:
        load.go()
        after = settle(group)
        spent, since = group.cpu_seconds(), time.monotonic()
        time.sleep(2)
        spent = (group.cpu_seconds() - spent) / (time.monotonic() - since)
    return {'value': (after - before) / count, 'connections': count, 'total_kb': after, 'cpu_share_idle': spent}


def run_push(options, server, row):
    count = min(row.connections, server.most_connections, options.idle)
    with Load(options, server, row.workload, row.port, connections=count, deliver=HERE / 'workloads' / 'deliver.w',
              deliver_port=server.ports['lmtp'], deliveries=options.deliveries, **row.options) as load:
        out = load.go()
    out['value'], out['connections'] = out['after_answer_ms']['p99'], count
    return out


def run_start(options, server, row):
    server.stop()
    server.account_group().leave_processes()
    began = time.monotonic()
    server.run()
    while True:
        with socket.create_connection((server.host, server.ports['imap']), 5) as s:
            if s.recv(200).startswith(b'* OK'):
                return {'value': (time.monotonic() - began) * 1000}


def run_rebuild(options, server, row):
    server.stop()
    server.forget_index()
    began = time.monotonic()
    server.run()
    with Load(options, server, 'open', 'imap', count=1, **BIG) as load:
        load.go()
    return {'value': options.messages / (time.monotonic() - began)}


def run_rest(options, server, row):
    return {'value': settle(server.account_group())}


KINDS = {'load': run_load, 'idle': run_idle, 'push': run_push, 'start': run_start, 'rebuild': run_rebuild, 'rest-memory': run_rest}


def fill(options, server):
    """What the rows expect to find; the large mailbox without syncs where a server has a switch for that."""
    def load(workload, port, **more):
        with Load(options, server, workload, port, **more) as one:
            return one.go()
    load('deliver', 'lmtp', connections=8, count=100 * LOOK['users'], **LOOK)
    load('deliver', 'lmtp', connections=8, count=100, first_user=0, users=50)
    load('fill', 'imap', connections=8, count=options.messages, define={'mailbox': 'INBOX'}, **BIG)
    load('folders', 'imap', count=1000, first_user=79, users=1)
    load('login', 'imap', connections=8, count=ACCOUNTS, users=ACCOUNTS)


def median_of(values):
    return {'median': statistics.median(values), 'least': min(values), 'most': max(values)}


def measure(options, row, servers, results, limits):
    servers = [s for s in servers if row.only in (None, s.name)]
    if not servers:
        return
    rounds = 1 if row.once or row.kind in ('idle', 'push', 'start', 'rebuild', 'rest-memory') else options.rounds
    runs = {}
    for turn in range(rounds):
        if row.limit:
            for key, value in machine.limits(options, servers[0].dir).items():
                limits.setdefault(key, []).append(value)
        for server in servers:
            use_certificate(server, row)
        for server in servers[turn % len(servers):] + servers[:turn % len(servers)]:
            try:
                runs.setdefault(server.name, []).append(KINDS[row.kind](options, server, row))
            except (WrongAnswer, OSError) as wrong:
                runs.setdefault(server.name, []).append({'wrong': str(wrong)})
    results[row.name] = {'row': row, 'servers': {name: summary(found) for name, found in runs.items()}}
    print(report.line(results[row.name]), flush=True)


def summary(found):
    good = [r for r in found if 'wrong' not in r]
    if not good:
        return {'wrong': found[0]['wrong']}
    out = {'value': median_of([r['value'] for r in good]), 'runs': found}
    if 'server_cpu' in good[0] and 'cpu_per_operation_us' in good[0]:
        out['cpu_us'] = median_of([r['cpu_per_operation_us'] for r in good])
    if 'latency_ms' in good[0]:
        out['p99_ms'] = statistics.median(r['latency_ms']['p99'] for r in good)
        out['client_share'] = statistics.median(r['cpu_share'] for r in good)
        out['others_share'] = statistics.median(r['others_share'] for r in good)
    return out


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


def main():
    options = parse()
    prepare_process()
    chosen = [r for r in rows(options.messages) if not options.rows or r.name.startswith(tuple(options.rows.split(',')))]
    servers, results, limits, began = [], {}, {}, time.time()
    try:
        for name in options.servers.split(','):
            server = peers.SERVERS[name]()
            servers.append(server)
            print('%s: filling' % name, flush=True)
            server.prepare(ACCOUNTS)
            server.run(durable=False)
            fill(options, server)
            server.stop()
            server.run()
        for row in chosen:
            measure(options, row, servers, results, limits)
        report.write(options, results, {k: statistics.median(v) for k, v in limits.items()}, machine.describe(options, servers),
                     time.time() - began)
    finally:
        for server in servers:
            peers.tidy(server)


if __name__ == '__main__':
    main()
