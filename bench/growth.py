#!/usr/bin/python3
"""How each server grows: workloads over mailboxes of 1,000 to 1,000,000 messages and over 1 to 512 connections, plotted.
`make bench-growth`; see bench/README.md."""
import argparse
import datetime
import json
import os
import time
from pathlib import Path

import machine
import peers
import report
from driver import FAILURES, prepare_process
from kinds import restart, settle
from load import Load

ROOT = Path(__file__).resolve().parent.parent
FIRST = 10  # account u10 has the first size, u11 the second...
SEED = 1000
LOOK = dict(first_user=0, users=8)
BEGIN, END = '<!-- growth: written by make bench-growth -->', '<!-- end of growth -->'

# name: (title, command, what is counted, how many of it for n messages), milliseconds
COMMANDS = {
    'select': ('SELECT, warm', 'SELECT INBOX', 'exists', lambda n: 1),
    'fetch-one': ('FETCH of one message', 'FETCH 500 (UID FLAGS ENVELOPE)', 'fetch', lambda n: 1),
    'flags': ('FETCH 1:* (UID FLAGS)', 'FETCH 1:* (UID FLAGS)', 'fetch', lambda n: n),
    'envelope': ('FETCH 1:* (ENVELOPE)', 'FETCH 1:* (ENVELOPE)', 'fetch', lambda n: n),
    'search-flag': ('SEARCH FLAGGED', 'SEARCH FLAGGED', 'hits', lambda n: 0),
    'search-subject': ('SEARCH SUBJECT', 'SEARCH SUBJECT budget', 'hits', lambda n: n // 100),
}
LINEAR = {'flags', 'envelope', 'search-flag', 'search-subject', 'store', 'copy', 'uidl', 'expunge', 'open'}


class Growth:
    def __init__(self, options, server):
        self.options, self.server = options, server
        self.points = {}  # name: {x: value}

    def add(self, name, x, value):
        self.points.setdefault(name, {})[x] = value
        print('%-8s %-16s %9s  %.4g' % (self.server.name, name, '{:,}'.format(x), value), flush=True)

    def load(self, workload, port, **more):
        with Load(self.options, self.server, workload, port, **more) as one:
            return one.go()

    def command(self, text, what, number, account, **more):
        return self.load('command', 'imap', define={'command': text, 'what': what, 'number': number}, first_user=account, users=1, **more)

    def fill(self, account, size):
        """SEED messages by APPEND, the rest as copies of them: by tens, so that each COPY is of what was there."""
        self.load('fill', 'imap', count=SEED, define={'mailbox': 'INBOX'}, first_user=account, users=1)
        have = SEED
        while have < size:
            self.command('COPY 1:%d INBOX' % have, 'fetch', 0, account, count=size // have - 1 if size // have < 10 else 9)
            have *= min(10, size // have)

    def try_size(self, account, size):
        group = self.server.account_group()
        restart(self.server)
        self.load('login', 'imap', connections=4, count=20, **LOOK)
        before = settle(group)
        self.add('open', size, self.load('open', 'imap', count=1, first_user=account, users=1)['latency_ms']['p50'])
        with Load(self.options, self.server, 'idle', 'imap', hold=True, first_user=account, users=1) as held:
            held.go()
            self.add('memory', size, (settle(group) - before) * 1024 / size)
        for name, (_, text, what, number) in COMMANDS.items():
            out = self.command(text, what, number(size), account, seconds=self.options.seconds)
            self.add(name, size, out['latency_ms']['p50'])
        out = self.load('store-silent', 'imap', seconds=self.options.seconds, first_user=account, users=1)
        self.add('store', size, out['latency_ms']['p50'] / 2)
        out = self.load('uidl-list', 'pop3', count=2, define={'number': size}, first_user=account, users=1)
        self.add('uidl', size, out['latency_ms']['p50'])
        out = self.load('deliver', 'lmtp', seconds=self.options.seconds, first_user=account, users=1)
        self.add('deliver', size, out['latency_ms']['p50'])
        self.neighbours(account, size)

    def neighbours(self, account, size):
        """The longest that others wait, on every shard, while all of a mailbox is changed, copied, fetched, thrown away."""
        steps = (('store', 'STORE 1:* +FLAGS.SILENT (\\Deleted)'), ('fetch', 'FETCH 1:* (UID FLAGS)'), ('copy', 'COPY 1:* Copies'),
                 ('expunge', 'EXPUNGE'))
        for name, text in steps:
            with Load(self.options, self.server, 'noop', 'imap', connections=8, seconds=3600, **LOOK) as others:
                others.begin()
                began = time.monotonic()
                self.load('one', 'imap', count=1, define={'command': text}, first_user=account, users=1)
                if name in ('copy', 'expunge'):
                    self.add(name, size, (time.monotonic() - began) * 1000)
                self.add('wait-' + name, size, others.end()['latency_ms']['max'])

    def try_connections(self, count):
        for name, workload, port, more in (('deliveries', 'deliver', 'lmtp', dict(first_user=0, users=8)), ('looks', 'login-fetch', 'imap', LOOK),
                                           ('noops', 'noop', 'imap', LOOK)):
            out = self.load(workload, port, connections=count, seconds=self.options.seconds, **more)
            self.add(name, count, out['rate'])
            self.add(name + '-cpu', count, out['server_cpu'] / max(out['operations'], 1) * 1e6)
            self.add(name + '-p99', count, out['latency_ms']['p99'])


def run(options, name):
    server = peers.SERVERS[name]()
    growth = Growth(options, server)
    try:
        server.prepare(FIRST + 10)
        server.run(durable=False)
        growth.load('deliver', 'lmtp', connections=8, count=1000, **LOOK)
        sizes = [n for n in (1000, 10000, 100000, 1000000) if n <= (options.messages if name == 'barid' else min(options.messages, 100000))]
        for i, size in enumerate(sizes):
            growth.fill(FIRST + i, size)
        restart(server)
        for count in (1, 8, 64, 512):
            if count <= options.connections:
                attempt(growth, growth.try_connections, count)
        for i, size in enumerate(sizes):
            attempt(growth, growth.try_size, FIRST + i, size)
    finally:
        peers.tidy(server)
    return growth.points


def attempt(growth, what, *arguments):
    try:
        what(*arguments)
    except FAILURES as wrong:
        print('%s: %s' % (growth.server.name, wrong), flush=True)


TITLES = {'open': 'first SELECT after a start, ms', 'memory': 'memory of an open mailbox, bytes a message', 'store': 'STORE 1:* +FLAGS.SILENT, ms',
          'copy': 'COPY 1:*, ms', 'expunge': 'EXPUNGE of all, ms', 'uidl': 'POP3 login, UIDL, LIST, ms', 'deliver': 'one delivery into it, ms',
          'wait-store': 'others wait during STORE: longest, ms', 'wait-fetch': 'others wait during FETCH: longest, ms',
          'wait-copy': 'others wait during COPY: longest, ms', 'wait-expunge': 'others wait during EXPUNGE: longest, ms',
          'deliveries': 'deliveries/s', 'looks': 'login, SELECT, 50 envelopes, logout: per s', 'noops': 'NOOP/s',
          'deliveries-cpu': 'server CPU a delivery, µs', 'looks-cpu': 'server CPU a look, µs', 'noops-cpu': 'server CPU a NOOP, µs',
          'deliveries-p99': 'delivery, p99, ms', 'looks-p99': 'look, p99, ms', 'noops-p99': 'NOOP, p99, ms',
          **{name: c[0] + ', ms' for name, c in COMMANDS.items()}}


def exponent(points):
    """How the value grows with x, between the two largest: 0 = not at all, 1 = in proportion."""
    import math
    xs = sorted(points)[-2:]
    if len(xs) < 2 or points[xs[0]] <= 0 or points[xs[1]] <= 0:
        return None
    return math.log(points[xs[1]] / points[xs[0]]) / math.log(xs[1] / xs[0])


def table(results):
    xs = sorted({x for r in results.values() for p in r.values() for x in p})
    out = []
    for name, title in TITLES.items():
        rows = [(server, r[name]) for server, r in results.items() if name in r]
        if not rows:
            continue
        for server, points in rows:
            e = exponent(points)
            out.append('| %s | %s | %s | %s |' % (title, server, ' | '.join('%.4g' % points[x] if x in points else '' for x in xs),
                                                  '' if e is None else '%.2f' % e))
    head = '| what | server | %s | exponent |' % ' | '.join('{:,}'.format(x) for x in xs)
    return '\n'.join([head, '|' + '---|' * (len(xs) + 3), *out])


def plot(results, directory):
    import matplotlib
    matplotlib.use('Agg')
    matplotlib.rcParams.update({'svg.hashsalt': 'barid', 'svg.fonttype': 'none'})
    from matplotlib import pyplot
    names = [n for n in TITLES if any(n in r for r in results.values())]
    columns = 4
    figure, grid = pyplot.subplots(-(-len(names) // columns), columns, figsize=(15, 2.6 * -(-len(names) // columns)), squeeze=False)
    colours = {'barid': '#2b6cb0', 'dovecot': '#c05621', 'cyrus': '#718096'}
    for place, axes in enumerate(grid.flat):
        axes.set_visible(place < len(names))
        if place >= len(names):
            continue
        for server, points in results.items():
            line = sorted(points.get(names[place], {}).items())
            if line:
                axes.loglog([x for x, _ in line], [max(y, 1e-3) for _, y in line], 'o-', color=colours[server], label=server, markersize=3)
        axes.set_title(TITLES[names[place]], fontsize=8)
        axes.minorticks_off()
        axes.tick_params(labelsize=7)
    grid.flat[0].legend(fontsize=7)
    figure.tight_layout()
    for kind in ('svg', 'png'):
        figure.savefig(directory / ('growth.' + kind), dpi=100, metadata={'Date': None} if kind == 'svg' else None)
    pyplot.close(figure)


def write(options, results, minutes):
    """What there is, after each server."""
    when = datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M UTC')
    text = 'Run of %s, %.0f minutes, %g s a figure. %s; %d × %s; %s.\n\n%s\n' % (
        when, minutes, options.seconds, ', '.join(results), peers.CPUS, machine.processor(), machine.barid_version(), table(results))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / 'growth.md').write_text(text)
    (options.out / 'growth.json').write_text(json.dumps({'machine': machine.processor(), 'points': results}, indent=1))
    plot(results, options.out)
    if options.publish:
        report.put_between(BEGIN, END, text)
        plot(results, report.PLOTS)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--build', type=Path, default=ROOT / 'build-bench' / 'barid', help='a release build')
    parser.add_argument('--servers', default='barid,dovecot,cyrus')
    parser.add_argument('--messages', type=int, default=1000000, help='the largest mailbox (peers: 100,000 at most)')
    parser.add_argument('--connections', type=int, default=512)
    parser.add_argument('--seconds', type=float, default=1.0)
    parser.add_argument('--limit', type=float, default=600, help='seconds that one step of the load generator may take')
    parser.add_argument('--publish', action='store_true', help='put table and plots into doc/PERFORMANCE.md')
    parser.add_argument('--out', type=Path, default=ROOT / 'build-bench' / 'results')
    options = parser.parse_args()
    os.environ['BARID'] = str(options.build / 'barid')
    prepare_process()
    results, began = {}, time.monotonic()
    for name in options.servers.split(','):
        try:
            results[name] = run(options, name)
        except FAILURES as wrong:
            print('%s is left out: %s' % (name, wrong), flush=True)
        write(options, results, (time.monotonic() - began) / 60)
    print('written to %s' % options.out)


if __name__ == '__main__':
    main()
