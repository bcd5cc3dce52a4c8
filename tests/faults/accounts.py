#!/usr/bin/python3
"""Lets each kind of fault meet the Nth call that auth makes on its disk while an administrator adds an account, changes its password, locks it, opens
it again and removes it, N walking over all calls of it; then the same on a disk that fails for good for a while, and faults as auth starts. Looks
whether the command says what holds and what to do, with its exit code; whether others log in all the while; whether the next command is done once the
disk is well, without a restart; and whether, then and after a kill, all that was acknowledged is there, and of the rest nothing by half.

    tests/faults/accounts.py                one call of each (about 10 s); --sample N: N of each
    tests/faults/accounts.py --all          every call
    tests/faults/accounts.py sync=eio       only these; -v says each
"""
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'system')]
os.environ.setdefault('BARID', str(Path(os.environ.get('BARID_BUILD') or HERE.parents[1] / 'build').resolve() / 'barid-faulty'))
from barid import PASSWORD, Barid  # noqa: E402
import walking  # noqa: E402
from table import Table  # noqa: E402
from work import Gone, Line, Wrong, patiently  # noqa: E402

ONCE = [('write', 'eio'), ('write', 'short'), ('write', 'full'), ('write', 'unknown'), ('sync', 'eio'), ('sync', 'enospc'), ('sync', 'unknown'),
        ('any', 'enomem')]
# the log that broke is opened anew, and that meets a fault too
AGAIN = [('open', 'sync:2=unknown'), ('read', 'sync:3=eio'), ('list', 'write:4=short'), ('sync-dir', 'sync:4=unknown')]
NOTHING = [('write', 'eintr'), ('write', 'part'), ('sync', 'eintr'), ('sync', 'stall:30'), ('read', 'part')]
DEADLY = [('write', 'kill-after'), ('sync', 'kill'), ('sync', 'kill-after')]
FOR_GOOD = ['write:1+=eio', 'sync:1+=eio', 'sync:1+=unknown', 'write:1+=full space:1+=enospc', 'sync:1+=eio open:1+=eio read:1+=eio']
STARTING = [(call, 'eio') for call in ('open', 'read', 'list', 'write', 'sync', 'sync-dir')]
NOT_CHANGED, UNKNOWN, LOST = 'nothing is changed', 'the next start may find it', 'does not answer'
REMEDY = re.compile(r"look at the server's disk, then (try|make it) again|make room, then try again")
CODES = {NOT_CHANGED: (74, 75), UNKNOWN: (75,), LOST: (74,)}
ROW = re.compile(r'^ *(\d+) +shard \d+ +\S+ +(\w+) +(\S+)$', re.M)
GONE = None


class Accounts:
    """`may`: what the account of this round may be, (state, password) or GONE; more than one only when the outcome is unknown."""

    def __init__(self, args):
        self.args, self.done, self.failed, self.rounds, self.highest = args, 0, 0, 0, 0
        self.dir = Path(tempfile.mkdtemp(prefix='faults-'))
        self.dir.chmod(0o755)
        self.may, self.name = [GONE], ''

    def start(self):
        os.environ['BARID_FAULT'] = 'table=%s/table hasty' % self.dir
        self.server = Barid(self.dir, confine='no', shards=1, fronts=1)
        self.server.up()
        self.server.account('anna')
        self.table = Table(self.dir / 'table', 'auth')

    # ── What is asked ──

    def command(self, *words, text=''):
        done = subprocess.run([os.environ['BARID'], 'account', *words, '--data', str(self.server.data)], input=text + '\n', text=True,
                              capture_output=True)
        return done.returncode, (done.stdout + done.stderr).strip()

    def login(self, user, password):
        """True, False, or None when the server is not well."""
        try:
            line = Line(self.server.ports['imap'])
            try:
                line.read()
                line.send(b'a LOGIN %s %s\r\n' % (user.encode(), password.encode()))
                got = line.read()
                while not got.startswith(b'a '):
                    got = line.read()
            finally:
                line.close()
        except (Gone, OSError):
            return None
        return True if got.startswith(b'a OK') else False if b'AUTHENTICATIONFAILED' in got else None

    def steps(self):
        password = ['p%d-%d' % (self.rounds, i) for i in range(2)]
        return [(('add', self.name, '--password-stdin'), password[0], lambda m: ('enabled', password[0])),
                (('passwd', self.name, '--password-stdin'), password[1], lambda m: (m[0], password[1])),
                (('disable', self.name), '', lambda m: ('disabled', m[1])),
                (('enable', self.name), '', lambda m: ('enabled', m[1])),
                (('remove', self.name, '--yes'), '', lambda m: GONE)]

    # ── What holds ──

    def do(self, step, may_fail):
        """True when it was acknowledged. What it says of the accounts holds from then on."""
        words, text, makes = step
        code, said = self.command(*words, text=text)
        if not code:
            self.may = [makes(m) for m in self.may]
            return True
        kind = next((kind for kind in CODES if kind in said), None)
        if not may_fail or not kind or code not in CODES[kind]:
            raise Wrong('account %s: exit code %d, %s' % (words[0], code, said))
        if kind != LOST and not REMEDY.search(said):
            raise Wrong('account %s does not say what to do: %s' % (words[0], said))
        if kind != NOT_CHANGED:
            self.may = self.may + [makes(m) for m in self.may]
        return False

    def others_go_on(self):
        if not self.login('anna', PASSWORD):
            raise Wrong('anna cannot log in meanwhile')

    def compare(self):
        """What is there is one of those that may be."""
        code, said = patiently(lambda: (lambda got: None if got[0] else got)(self.command('list')))
        rows = {name: (int(number), state) for number, state, name in ROW.findall(said)}
        if set(rows) - {'anna', self.name} or rows.get('anna', (0, ''))[1] != 'enabled':
            raise Wrong('the accounts are %s' % said)
        number, state = rows.get(self.name, (self.highest, GONE))
        fits = [m for m in self.may if (m and m[0]) == state]
        if state == 'enabled':
            fits = [m for m in fits if patiently(lambda: self.whether(m[1])) == 'yes']
        if not fits:
            raise Wrong('%s should be one of %s, but is %s' % (self.name, self.may, state))
        if state == 'disabled' and self.login(self.name, fits[0][1]):
            raise Wrong('%s is locked, and logs in' % self.name)
        self.may = fits[:1]
        self.highest = max(self.highest, number)

    def whether(self, password):
        got = self.login(self.name, password)
        return None if got is None else 'yes' if got else 'no'

    def kill(self):
        """A new auth process, which knows what is on the disk alone."""
        process = self.server.process_of('auth')
        os.kill(process['pid'], signal.SIGKILL)
        patiently(lambda: self.server.process_of('auth')['pid'] != process['pid'] or None)
        patiently(lambda: self.login('anna', PASSWORD))

    # ── Rounds ──

    def begin(self):
        self.rounds += 1
        self.name, self.may = 'r%04d' % self.rounds, [GONE]

    def life(self, may_fail=False, dies=False):
        """The five changes; one that fails is made again at once, for the disk fails only once."""
        for step in self.steps():
            if self.do(step, may_fail):
                continue
            if not dies:
                self.others_go_on()
            self.compare()
            if step[2](self.may[0]) != self.may[0]:
                patiently(lambda: self.do(step, dies) or None)

    def once(self, call, what, number, kind, before=''):
        self.begin()
        met = self.table.met(call)
        self.table.order('%s %s:%d=%s' % (before, call, number, what))
        self.life(may_fail=kind != 'nothing', dies=kind == 'dies')
        self.table.order('none')
        self.compare()
        if kind == 'fails':
            self.kill()
            self.compare()
        return self.table.met(call) > met

    def for_good(self, orders):
        """Each of the changes meets the disk that fails, again and again; a kill while it is unknown says what holds."""
        for at in range(5) if self.args.all else (1, 4):
            self.begin()
            for step in self.steps()[:at]:
                self.do(step, False)
            step = self.steps()[at]
            self.table.order(orders)
            for _ in range(2):
                if self.do(step, True):
                    raise Wrong('account %s is acknowledged by a disk that fails' % step[0][0])
                self.others_go_on()
            self.table.order('none')
            if at % 2:
                self.kill()
            self.compare()
            if step[2](self.may[0]) != self.may[0]:
                self.do(step, False)
            self.compare()
            self.kill()
            self.compare()
            if self.may[0] is not GONE:
                self.do(self.steps()[4], False)
        return True

    def starting(self, call, what, number):
        """The process that cannot begin is begun again."""
        met = self.table.met(call)
        self.begin()
        self.do(self.steps()[0], False)
        self.table.order('%s:%d=%s' % (call, number, what))
        self.kill()
        self.table.order('none')
        self.compare()
        self.do(self.steps()[4], False)
        return self.table.met(call) > met

    def attempt(self, name, what):
        """Whether the fault was met."""
        try:
            met = what()
            self.done += 1
            if self.args.verbose:
                print('ok   %s%s' % (name, '' if met else ' (not met)'), flush=True)
            return met
        except Wrong as wrong:
            self.failed += 1
            print('FAIL %s: %s' % (name, wrong), flush=True)
            self.table.order('none')
            patiently(lambda: self.login('anna', PASSWORD))
            self.command('remove', self.name, '--yes')
            return True

    def calls_of(self, what):
        before = self.table.all_calls()
        what()
        after = self.table.all_calls()
        return {call: after[call] - before[call] for call in after}

    def numbers(self, fault, calls):
        if self.args.all:
            return range(1, calls + 1)
        return sorted(random.Random(fault).sample(range(1, calls + 1), min(self.args.sample, calls)))

    def wanted(self, name):
        return not self.args.faults or name in self.args.faults

    def run(self):
        self.start()
        self.begin()
        calls = self.calls_of(self.life)
        begins = self.calls_of(self.kill)
        if self.args.verbose:
            print('the changes make', {k: v for k, v in calls.items() if v})
            print('a start makes', {k: v for k, v in begins.items() if v})
        for faults, kind in ((ONCE, 'fails'), (NOTHING, 'nothing'), (DEADLY, 'dies')):
            for call, what in faults:
                if self.wanted('%s=%s' % (call, what)):
                    for number in self.numbers(call + what, calls[call]):
                        self.attempt('%s:%d=%s' % (call, number, what), lambda: self.once(call, what, number, kind))
        for call, before in AGAIN:
            if self.wanted('again'):
                for number in self.numbers('again' + call, begins[call]):
                    self.attempt('%s %s:%d=eio' % (before, call, number), lambda: self.once(call, 'eio', number, 'fails', before))
        for orders in FOR_GOOD if self.args.all else FOR_GOOD[1:4:2]:
            if self.wanted(orders) and not self.attempt(orders, lambda: self.for_good(orders)):
                self.failed += 1
        for call, what in STARTING:
            if self.wanted('starting'):
                for number in self.numbers('starting' + call, begins[call]):
                    self.attempt('starting %s:%d=%s' % (call, number, what), lambda: self.starting(call, what, number))


if __name__ == '__main__':
    sys.exit(walking.main(Accounts, __doc__))
