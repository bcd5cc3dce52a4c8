#!/usr/bin/python3
"""Plays the transcripts while each kind of fault meets the Nth call that they make, N from 1 to the last. Whatever a transcript is answered must be
what it expects, or what a failing disk excuses (judge.py); then the account must hold all that was acknowledged, once, and of the rest
nothing or what was under way (state.py); and service resumes.

    tests/faults/transcripts.py                     a sample, the same at each run (about 15 s)
    tests/faults/transcripts.py --all               every call, until they are through; --minutes M: or so long, in an order that --seed gives
    tests/faults/transcripts.py store-add sync=eio  only these transcripts and faults; sync:3=eio: only that call
"""
import argparse
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'player')]
import client  # noqa: E402
import judge  # noqa: E402
import play  # noqa: E402
import servers  # noqa: E402
import state  # noqa: E402
from pattern import PatternError  # noqa: E402
from processes import pids  # noqa: E402
from runner import Failure, Run  # noqa: E402
from table import CALLS, Table  # noqa: E402
from transcript import load  # noqa: E402
from wire import WireError  # noqa: E402

# kind -> faults. `nothing`: the transcript must not notice.
FAULTS = {
    'nothing': [('read-cached', 'pending'), ('read-cached', 'eio'), ('read-cached', 'eintr'), ('read-cached', 'part'), ('read', 'eintr'),
                ('read', 'part'), ('write', 'eintr'), ('write', 'part'), ('sync', 'eintr'), ('write', 'stall:20'), ('sync', 'stall:20'),
                ('kv-write', 'stall:20'), ('kv-get', 'stall:20'), ('kv-scan', 'stall:20'), ('kv-flush', 'eio'), ('remove', 'eio'),
                ('allocate', 'enospc')],
    'bears': [('read', 'eio'), ('kv-get', 'eio'), ('kv-get', 'enomem'), ('kv-scan', 'eio'), ('kv-scan', 'enomem'), ('space', 'enospc')],
    'breaks': [('write', 'eio'), ('write', 'short'), ('write', 'full'), ('write', 'unknown'), ('sync', 'eio'), ('sync', 'enospc'),
               ('sync', 'unknown'), ('sync-dir', 'eio'), ('open', 'eio'), ('kv-write', 'eio'), ('kv-write', 'enomem'),
               ('kv-write', 'unknown'), ('kv-write', 'corrupt'), ('kv-get', 'corrupt'), ('kv-scan', 'corrupt')],
    'kills': [(call, what) for call in ('write', 'sync', 'kv-write') for what in ('kill', 'kill-after')],
}
KIND = {fault: kind for kind, faults in FAULTS.items() for fault in faults}
ACCOUNTS = 120  # a shard, before the server gets a new directory
SHARDS = 6


def until(what, seconds=30):
    """Whether `what()` comes true in time."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


class Played(Run):
    """A transcript with something to do before its first own step and after each."""
    at, now, armed = -1, None, False

    def play(self, begin, after):
        client.set_up(self.server, self.account, self.transcript.set_up, self.source)
        self.armed = True
        begin()
        for number in sorted({s.conn for s in self.transcript.steps} or {1}):
            self.connect(number)
        for self.at, step in enumerate(self.grouped()):
            self.now = step
            self.step(step)
            after(self.at, step)
        self.at += 1

    def end(self):
        for connection in self.connections.values():
            connection.close()


class Known:
    """What a transcript does when nothing fails: how often it makes each call, and what is in its account after each of its steps."""

    def __init__(self, transcript):
        self.transcript, self.name = transcript, transcript.path.stem
        self.calls, self.states, self.kinds = {}, [], []


class Job:
    def __init__(self, known, fault, number):
        self.known, self.fault, self.number = known, fault, number

    def __str__(self):
        return '%s/%s %s:%d=%s' % (self.known.transcript.path.parent.name, self.known.name, self.fault[0], self.number, self.fault[1])


class Server(servers.Barid):
    """A shard a worker, so that all calls of a shard are those of one transcript."""

    def __init__(self, program):
        super().__init__({'shards': SHARDS, 'connections_per_account_max': 50}, program)
        self.tables_at = self.dir / 'faults'
        self.tables_at.mkdir()
        self.tables_at.chmod(0o777)
        self.faults = 'table=%s/table segment=200000 hasty' % self.tables_at

    def begin(self):
        self.start(['probe'] + ['a%05d' % n for n in range(ACCOUNTS * SHARDS)])
        until(lambda: ' ready ' in self.log.read_text(errors='replace'))
        listed = subprocess.run([self.program, 'account', 'list', '--data', str(self.data)], capture_output=True, text=True, check=True).stdout
        self.accounts = [deque() for _ in range(SHARDS)]
        for shard, name in re.findall(r'shard (\d+) +\S+ +\w+ +(a\d+)@', listed):
            self.accounts[int(shard)].append(self.account(name))
        self.tables = [Table(self.tables_at / 'table', 'mail', n) for n in range(SHARDS)]

    def end(self):
        self.stop()
        return [line for line in self.log.read_text(errors='replace').splitlines()
                if re.search(r'Sanitizer|runtime error:|process-died .*signal=(?!KILL)', line)]


class Worker(threading.Thread):
    """One shard's: takes jobs until there are none, or no accounts, or no time."""

    def __init__(self, walk, server, shard):
        super().__init__()
        self.walk, self.server, self.shard = walk, server, shard
        self.table, self.runs = server.tables[shard], 0

    def run(self):
        accounts = self.server.accounts[self.shard]
        while accounts and not self.walk.is_over():
            job = self.walk.next_job()
            if job is None:
                return
            account = accounts.popleft()
            try:
                if isinstance(job, Known):
                    self.learn(job, account)
                else:
                    self.walk.report(job, *self.patiently(job, account, accounts))
            except Exception as error:  # what the walk has not thought of is a failure of that run
                self.walk.report(job, 'the walk failed: %r' % error, False, '')
            finally:
                self.table.order('none')

    def source(self):
        self.runs += 1
        return '127.%d.%d.%d' % (10 + self.shard, self.runs // 250 % 250, 1 + self.runs % 250)

    def pid(self):
        return pids(self.server.process.pid).get(('mail', self.shard))

    # without a fault

    def learn(self, known, account):
        run = Played(known.transcript, self.server, account, 'whole', self.source())
        source = self.source()

        def begin():
            self.before = self.table.all_calls()
            known.states.append(state.read(self.server, account, source))

        def after(at, step):
            """While a command is under way nobody knows yet."""
            known.states.append(state.read(self.server, account, source) if self.is_answer(step) else known.states[-1])
        try:
            run.play(begin, after)
        except (Failure, WireError, client.SetUpError, PatternError) as error:
            if not known.transcript.may_close:
                return self.walk.leave_out(known, error)
        finally:
            run.end()
        self.count(known, self.server.accounts[self.shard].popleft())

    def count(self, known, account):
        """Its own calls, without those of looking at it."""
        run = Played(known.transcript, self.server, account, 'whole', self.source())
        before = {}
        try:
            run.play(lambda: before.update(self.table.all_calls()), lambda at, step: None)
        except (Failure, WireError, client.SetUpError, PatternError) as error:
            if not known.transcript.may_close:
                return self.walk.leave_out(known, error)
        finally:
            run.end()
        made = self.table.all_calls()
        known.calls = {call: made[call] - before[call] for call in CALLS}
        self.walk.learnt(known)

    # with one

    def patiently(self, job, account, accounts):
        """A disk that was full for the run before is looked at anew after a moment: until then nothing can be filled."""
        for _ in range(6):
            try:
                return self.one(job, account)
            except client.SetUpError as error:
                if not judge.refused(str(error)) or not accounts:
                    raise
            time.sleep(0.5)
            account = accounts.popleft()
        return 'the mailboxes cannot be filled', False, ''

    def one(self, job, account):
        """(what is wrong or None, whether the fault was met, how it went)"""
        call, what = job.fault
        kind, met, pid = KIND[job.fault], self.table.met(call), self.pid()
        transcript = job.known.transcript
        run = Played(transcript, self.server, account, 'whole', self.source())
        run.timeout = transcript.timeout or 5
        done = True
        wrong = None
        try:
            run.play(lambda: self.table.order('%s:%d=%s' % (call, job.number, what)), lambda at, step: None)
        except (Failure, WireError, client.SetUpError, PatternError) as error:
            if isinstance(error, client.SetUpError) and not run.armed:
                raise
            done = transcript.may_close and self.table.met(call) == met
            if not done:
                wrong = self.judge(run, kind, self.table.met(call) > met, error)
        self.table.order('none')
        if self.table.met(call) > met and kind in ('breaks', 'kills') and not until(lambda: self.pid() not in (None, pid), 3):
            wrong = wrong or 'the process goes on'
        try:
            found = self.look(job, run, account, done)
        except state.Unreadable as error:
            found = str(error)
        wrong = wrong or found
        run.end()
        if not wrong and kind in ('nothing', 'bears') and self.pid() != pid:
            wrong = 'the process ended'
        return wrong, self.table.met(call) > met, 'excused' if not done else 'unnoticed'

    def judge(self, run, kind, met, error):
        text = error.text(run.transcript.path.name, 'whole') if isinstance(error, Failure) else str(error)
        if not met:
            return 'it failed without the fault, at step %d: %s' % (run.at, text)
        if kind == 'nothing':
            return 'it should not have noticed: ' + text
        if judge.refused(str(error)):
            return None
        heard = [judge.Heard(run.transcript.connection(n)[0], wire, getattr(error, 'got', None) if self.is_at(run, n) else None)
                 for n, wire in run.connections.items()]
        return judge.judge(kind, heard, text, run.now is None)

    @staticmethod
    def is_at(run, number):
        step = run.now
        return (step[0] if isinstance(step, list) else step).conn == number if step else False

    def look(self, job, run, account, done):
        """At the account: as after the last step that was answered, or after those that were under way."""
        states = job.known.states
        found = state.read_patiently(self.server, account, self.source())
        if done:
            return state.difference(found, states[-1], [])
        at = max(run.at, 0)
        steps = list(run.grouped())
        low = at
        while low > 0 and not self.is_answer(steps[low - 1]):
            low -= 1
        several = sum(len(step) for step in steps[low:at + 1] if isinstance(step, list) and step[0].kind == 'send') > 1
        return state.difference(found, states[low], states[low + 1:self.all_answered(steps, at) + 2], several)

    @staticmethod
    def is_answer(step):
        return isinstance(step, list) and step[0].kind == 'expect' or not isinstance(step, list)

    @staticmethod
    def all_answered(steps, at):
        """The first step from `at` on by which every connection has answered what was sent."""
        owing = {s[0].conn for s in steps[:at + 1] if isinstance(s, list) and s[0].kind != 'expect'}
        for n in range(at, len(steps)):
            step = steps[n]
            owing.discard(step[0].conn if isinstance(step, list) else step.conn)
            if not owing:
                return n
        return len(steps) - 1


class Walk:
    def __init__(self, args):
        self.args, self.lock = args, threading.Lock()
        self.known, self.left_out, self.todo = [], [], deque()
        self.passed, self.failed, self.met, self.ways = 0, 0, Counter(), Counter()
        self.end_at = None

    # the workers ask and tell

    def next_job(self):
        with self.lock:
            return self.todo.popleft() if self.todo else None

    def is_over(self):
        return self.end_at is not None and time.monotonic() > self.end_at

    def leave_out(self, known, error):
        with self.lock:
            self.left_out.append('%s: %s' % (known.name, error))

    def learnt(self, known):
        with self.lock:
            self.known.append(known)

    def report(self, job, wrong, met, how):
        with self.lock:
            self.met[job.fault] += met
            self.ways[how if met else 'not met'] += 1
            self.passed += not wrong
            self.failed += bool(wrong)
            if wrong:
                print('FAIL %s: %s' % (job, wrong), flush=True)
            elif self.args.verbose:
                print('ok   %s%s' % (job, '' if met else ' (not met)'), flush=True)

    # the whole

    def go(self, jobs):
        """Server after server, until the jobs are done."""
        self.todo = deque(jobs)
        while self.todo and not self.is_over():
            server = Server(self.args.program)
            failed = self.failed
            try:
                server.begin()
                workers = [Worker(self, server, n) for n in range(SHARDS)]
                for w in workers:
                    w.start()
                for w in workers:
                    w.join()
                for line in server.end():
                    self.failed += 1
                    print('FAIL the log of the server: ' + line)
            finally:
                server.stop()
                if self.failed > failed and self.args.keep:
                    print('kept: %s' % server.dir)
                else:
                    server.remove()

    def jobs(self):
        """The first calls of each transcript and fault first: they are in any part of a walk."""
        wanted = [re.fullmatch(r'([\w-]+)(?::(\d+))?=(.+)', w) for w in self.args.what if '=' in w]
        dice = random.Random(self.args.seed)
        out = []
        for known in sorted(self.known, key=lambda k: k.transcript.path):
            for fault in KIND:
                numbers = list(range(1, known.calls[fault[0]] + 1))
                if wanted:
                    numbers = [n for n in numbers if any((m[1], m[3]) == fault and (not m[2] or int(m[2]) == n) for m in wanted)]
                dice.shuffle(numbers)
                out += [(rank, dice.random(), Job(known, fault, n)) for rank, n in enumerate(numbers)]
        out.sort(key=lambda row: row[:2])
        return [job for _, _, job in out]

    def sample(self, jobs, each):
        """`each` of every fault, of as many transcripts."""
        left = {fault: each for fault in KIND}
        out = []
        for job in jobs:
            if left[job.fault]:
                left[job.fault] -= 1
                out.append(job)
        return out

    def run(self):
        begun = time.monotonic()
        files = [load(path) for path in play.find_files([w for w in self.args.what if '=' not in w])]
        files = [t for t in files if not t.settings and t.uses_account and 'barid' not in t.not_for and (not t.only or 'barid' in t.only)]
        if not self.args.all and not self.args.what:
            files = random.Random(self.args.seed).sample(files, self.args.transcripts)
        self.go(Known(t) for t in files)
        for text in self.left_out:
            self.failed += 1
            print('FAIL without a fault: ' + text)
        jobs = self.jobs()
        if not self.args.all and not self.args.what:
            jobs = self.sample(jobs, self.args.sample)
        print('%d transcripts, %d kinds of fault, %d calls to meet; learnt in %.0f s' % (
            len(self.known), len(KIND), len(jobs), time.monotonic() - begun), flush=True)
        if self.args.minutes:
            self.end_at = time.monotonic() + 60 * self.args.minutes
        self.go(jobs)
        print('%d of %d runs in %.0f s: %s' % (self.passed + self.failed, len(jobs), time.monotonic() - begun,
                                               ', '.join('%d %s' % (n, way) for way, n in self.ways.most_common())))
        self.say_unmet(jobs)

    def say_unmet(self, jobs):
        """A kind that never came about would be no test of it."""
        tried = Counter(job.fault for job in jobs)
        for fault, n in sorted(tried.items()):
            if n > 3 and not self.met[fault] and not self.todo:
                self.failed += 1
                print('FAIL %s=%s was never met' % fault)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    build = os.environ.get('BARID_BUILD') or HERE.parents[1] / 'build'
    parser.add_argument('--program', default=str(Path(build).resolve() / 'barid-faulty'))
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--minutes', type=float, default=0)
    parser.add_argument('--sample', type=int, default=4, help='runs of each fault')
    parser.add_argument('--transcripts', type=int, default=60, help='that the sample is taken from')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--keep', action='store_true', help='keep the directory of a server with which something failed')
    parser.add_argument('-v', '--verbose', action='store_true')
    parser.add_argument('what', nargs='*')
    walk = Walk(parser.parse_args())
    walk.run()
    print('%d passed, %d failed' % (walk.passed, walk.failed))
    return 1 if walk.failed or not walk.passed else 0


if __name__ == '__main__':
    sys.exit(main())
