"""The kinds of rows (rows.py): what is done for one figure of one server. Knows no rounds and no tables."""
import imaplib
import json
import re
import socket
import subprocess
import time
from pathlib import Path

import peers
from load import Load, WrongAnswer
from rows import ACCOUNTS, BIG, LOOK, MANY, RATE, SPEED, TIME

HERE = Path(__file__).resolve().parent
LOOK_SECONDS = 0.005


# ── Servers ──

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


def wait_until(true, seconds, what):
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise WrongAnswer('%s took longer than %d s' % (what, seconds))
        time.sleep(LOOK_SECONDS)


# ── Workloads ──

def load_of(options, server, row, **more):
    return Load(options, server, row.workload, row.port, connections=min(row.connections, server.most_connections), define=row.define,
                **row.options, **more)


def run_load(options, server, row):
    with load_of(options, server, row, seconds=options.seconds) as load:
        out = load.go()
    out['value'] = {RATE: out['rate'] * row.per, TIME: out['latency_ms']['p50'] / row.per,
                    SPEED: out['bytes'] / out['seconds'] / 1e6}[row.unit]
    out['cpu_per_operation_us'] = out['server_cpu'] / max(out['operations'] * row.per, 1) * 1e6
    if row.after:
        with Load(options, server, row.after, row.port, count=1, **row.options) as load:
            load.go()
    return out


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
    return {'value': (after - before) / count, 'connections': count, 'total_kb': after, 'cpu_share_idle': spent, 'note': '%d' % count}


def run_push(options, server, row):
    count = min(row.connections, server.most_connections, options.idle)
    with Load(options, server, row.workload, row.port, connections=count, deliver=HERE / 'workloads' / 'deliver.w',
              deliver_port=server.ports['lmtp'], deliveries=options.deliveries, **row.options) as load:
        out = load.go()
    out['value'], out['connections'] = out['after_answer_ms']['p99'], count
    out['note'] = 'p50 %.2f' % out['after_answer_ms']['p50'] + ('' if count == row.connections else ', %d' % count)
    return out


# ── Starting, resting ──

def greeting_ms(server):
    """From its start to its first greeting."""
    began = time.monotonic()
    server.run()
    while True:
        with socket.create_connection((server.host, server.ports['imap']), 5) as s:
            if s.recv(200).startswith(b'* OK'):
                return (time.monotonic() - began) * 1000


def run_start(options, server, row):
    server.stop()
    server.account_group().leave_processes()
    return {'value': greeting_ms(server)}


def run_start_many(options, server, row):
    """Another server of the same kind, with MANY accounts that hold a message each."""
    other = type(server)()
    try:
        other.prepare(MANY)
        other.run(durable=False)
        with Load(options, other, 'deliver', 'lmtp', connections=8, count=MANY, users=MANY) as load:
            load.go()
        other.stop()
        other.account_group().leave_processes()
        value = greeting_ms(other)
        return {'value': value, 'note': '%.0f MB' % (settle(other.account_group()) / 1024)}
    finally:
        peers.tidy(other)


def run_rest_memory(options, server, row):
    return {'value': settle(server.account_group())}


def run_rest_cpu(options, server, row):
    """Milliseconds of a processor in a minute with nobody there."""
    group = server.account_group()
    settle(group)
    spent, since = group.cpu_seconds(), time.monotonic()
    time.sleep(10 * min(1, options.seconds))
    return {'value': (group.cpu_seconds() - spent) * 1000 * 60 / (time.monotonic() - since)}


# ── The index made anew ──

def count_messages(server):
    """Of all accounts and mailboxes, as the server says."""
    total = 0
    for user in range(ACCOUNTS):
        imap = imaplib.IMAP4(server.host, server.ports['imap'])
        imap.login('u%d%s' % (user, server.login_suffix), peers.PASSWORD)
        imap.xatom('LIST', '""', '*', 'RETURN', '(STATUS (MESSAGES))')
        total += sum(int(n) for line in imap.response('STATUS')[1] for n in re.findall(rb'MESSAGES (\d+)', line or b''))
        imap.logout()
    return total


def run_rebuild(options, server, row):
    """From the start without an index until every shard's is complete and the large mailbox is open: all messages of the store in that time."""
    messages = count_messages(server)
    server.stop()
    server.forget_index()
    said = server.log.stat().st_size

    def complete():
        text = server.log.read_bytes()[said:]
        return text.count(b'the index is complete') == text.count(b'the index is made anew')
    began, group = time.monotonic(), server.account_group()
    spent = group.cpu_seconds()
    server.run()
    with Load(options, server, 'open', 'imap', count=1, **BIG) as load:
        load.go()
    opened = time.monotonic() - began
    wait_until(complete, options.limit, 'making the index anew')
    seconds, spent = time.monotonic() - began, group.cpu_seconds() - spent
    return {'value': seconds * 1000 if row.unit == TIME else messages / seconds, 'messages': messages, 'opened_after': opened,
            'seconds': seconds, 'cpu_per_message_us': spent / messages * 1e6, 'structures_ms': structures_again(options, server),
            'note': '{:,} messages, {:.1f} s'.format(messages, seconds)}


def structures_again(options, server):
    """What a structure is comes from the log again when it is first asked for: milliseconds for those of the large mailbox. The rows that follow
    are not to pay for it."""
    with Load(options, server, 'login-fetch', 'imap', count=LOOK['users'], **LOOK) as load:
        load.go()
    with Load(options, server, 'command', 'imap', count=1, **BIG,
              define={'command': 'FETCH 1:* (ENVELOPE BODYSTRUCTURE)', 'what': 'fetch', 'number': options.messages}) as load:
        return load.go()['latency_ms']['p50']


# ── Giving space back ──

class Reclaiming:
    """A server of its own whose log holds three times what is left of the mail: messages came to all its accounts in turn, and two thirds of
    the accounts were then emptied."""
    LEFT, EMPTIED = dict(first_user=0, users=4), 8
    kept = None  # the one that there is

    def __init__(self, options):
        Reclaiming.kept, self.options = self, options
        self.server = peers.SERVERS['barid']({'keep_deleted': '0', 'reclaim': 'no'})
        self.each = max(options.messages // 12, 500)
        self.server.prepare(12)
        self.server.run()
        self.load('deliver', 'lmtp', connections=64, count=12 * self.each, users=12)
        for user in range(4, 4 + self.EMPTIED):
            for text in ('STORE 1:* +FLAGS.SILENT (\\Deleted)', 'EXPUNGE'):
                self.load('one', 'imap', count=1, define={'command': text}, first_user=user, users=1)
        restart(self.server)  # what is being written is never moved: now that is another segment

    def load(self, workload, port, **more):
        with Load(self.options, self.server, workload, port, **more) as load:
            return load.go()

    def shards(self):
        done = subprocess.run([self.server.program, 'status', '--json', '--data', str(self.server.data)], capture_output=True, text=True)
        try:
            return json.loads(done.stdout)['shards']
        except (ValueError, KeyError):
            raise WrongAnswer('barid status: %s' % (done.stderr or done.stdout).strip())

    def moved(self):
        """How many messages each shard has moved, of those that have done so."""
        return [int(n) for n in re.findall(r'given back, (\d+) messages moved', self.server.log.read_text(errors='replace'))]

    def compact(self):
        """Asks for it (which is done at four times the usual rate), and returns when each shard has moved what it had, or nothing goes on."""
        subprocess.run([self.server.program, 'compact', '--quiet', '--data', str(self.server.data)], check=True)
        shards, until, rest = len(self.shards()), time.monotonic() + self.options.limit, 0
        while rest < 8 and len(self.moved()) < shards:
            if time.monotonic() > until:
                raise WrongAnswer('giving space back took longer than %d s' % self.options.limit)
            time.sleep(0.5)
            rest = 0 if any(s['reclaiming'] for s in self.shards()) else rest + 1

    def fetches(self, row, moving):
        with Load(self.options, self.server, 'fetch-any', 'imap', connections=row.connections, seconds=3600, any=self.each, **self.LEFT) as load:
            load.begin()
            if moving:
                self.compact()
            else:
                time.sleep(max(self.options.seconds, 1) * 2)
            out = load.end()
        out['value'] = out['latency_ms']['p99']
        out['note'] = 'p50 %.2f, max %.1f' % (out['latency_ms']['p50'], out['latency_ms']['max'])
        out['cpu_per_operation_us'] = out['server_cpu'] / max(out['operations'], 1) * 1e6
        if moving:
            out['moved_messages'] = sum(self.moved())
            out['note'] += '; {:,} messages moved in {:.1f} s'.format(out['moved_messages'], out['seconds'])
            if not out['moved_messages']:
                raise WrongAnswer('nothing was moved')
        return out


def run_fetch_still(options, server, row):
    """The second of the two rows uses the same server."""
    return Reclaiming(options).fetches(row, False)


def run_fetch_moving(options, server, row):
    try:
        return (Reclaiming.kept or Reclaiming(options)).fetches(row, True)
    finally:
        tidy()


def tidy():
    """What rows keep for one another."""
    if Reclaiming.kept:
        peers.tidy(Reclaiming.kept.server)
        Reclaiming.kept = None


KINDS = {'load': run_load, 'idle': run_idle, 'push': run_push, 'start': run_start, 'start-many': run_start_many, 'rebuild': run_rebuild,
         'rest-memory': run_rest_memory, 'rest-cpu': run_rest_cpu, 'fetch-still': run_fetch_still, 'fetch-moving': run_fetch_moving}
