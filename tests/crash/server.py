"""The server under test, in a process group of its own: started, killed by pieces or whole, started again. Knows which of its processes are
meant to be dead, so that a session that ends for another reason is a finding.

It runs as barid, confined as always, or as barid-faulty (tests/faults/program), which kills itself at the call that it is told: before or after
the nth sync, renaming, write, of its log or its index. Segments are small then, so that there are many."""
import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path += [str(TESTS / 'player'), str(TESTS / 'faults')]
import servers  # noqa: E402
from processes import lives, pids  # noqa: E402
import table  # noqa: E402

# what the log may say of processes that were killed
EXPECTED = re.compile(r'process-died .*signal=KILL|super-gone')
COMPLAINT = re.compile(r'Sanitizer|runtime error:|^\S+ error\b|\brot\b|cannot be read|made anew|is lost', re.I)
SETTINGS = {'shards': 4, 'fronts': 1, 'connections_per_account_max': 400}
SEGMENT = 100_000
PATIENCE = 0.5  # seconds, for a process to come to the call that it is to die at


class Server(servers.Barid):
    def __init__(self, build, settings=()):
        super().__init__({**SETTINGS, **dict(settings)}, str(Path(build) / 'barid'))
        self.faulty = Path(build) / 'barid-faulty'
        self.shards = self.settings['shards']
        self.disturbed = set()  # ('mail', 2) and so on: killed since the last calm()
        self.deaths = {}        # of each process, since the whole was started
        self.kills = self.kills_at_points = 0
        self.points = set()     # at which it has died
        self.log_read = 0
        self.obedient = False
        self.tables = self.dir / 'faults'
        self.tables.mkdir()
        self.tables.chmod(0o777)

    def begin(self, names):
        self.start(names)
        self.end()
        self.data.chmod(0o700)

    def again(self, obedient=False, orders=()):
        """`obedient`: as barid-faulty. `orders`: where processes are to die as they are started, {role: order}."""
        self.deaths, self.obedient = {}, obedient
        met = {role: self.met(role) for role in orders}
        for role, order in dict(orders).items():
            self.order(role, order)
        command = [self.program, 'serve', '--data', str(self.data)]
        environment = dict(os.environ)
        if obedient:
            command = [str(self.faulty), *command[1:], '--set', 'confine=no']
            moved = random.choice(('', ' restless'))  # all mail is moved, and compressed, all the time, or it is not
            environment['BARID_FAULT'] = 'table=%s/table segment=%d%s' % (self.tables, SEGMENT, moved)
        with open(self.log, 'ab') as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment,
                                            start_new_session=True)
        self.wait_ready()
        for role in orders:
            self.order(role, 'none')
            if self.met(role) > met[role]:
                self.died_at(role, 'first opening ' + orders[role])

    def pids(self):
        return pids(self.process.pid)

    # one of them

    def kill(self, role):
        pid = self.pids().get(role)
        if pid is None or not lives(pid):
            return
        self.disturbed.add(role)
        os.kill(pid, signal.SIGKILL)
        self.died(role)

    def died(self, role):
        self.deaths[role] = self.deaths.get(role, 0) + 1
        self.kills += 1

    def died_at(self, role, point):
        self.died(role)
        self.kills_at_points += 1
        self.points.add((role[0], point))

    def order(self, role, words):
        t = table.Table(self.tables / 'table', *role)
        t.order(words)
        t.close()

    def met(self, role):
        """How many of its orders it has obeyed."""
        t = table.Table(self.tables / 'table', *role)
        met = sum(t.met(call) for call in table.CALLS)
        t.close()
        return met

    def calls(self, role):
        """How often it has made each kind of call."""
        t = table.Table(self.tables / 'table', *role)
        made = t.all_calls()
        t.close()
        return made

    async def kill_at(self, role, order):
        """Tells it where to die. When it does not come there in time, it dies where it is."""
        pid = self.pids().get(role)
        if pid is None or not lives(pid):
            return
        self.disturbed.add(role)
        self.order(role, order)
        if await self.dies(pid):
            self.died_at(role, order)
        else:
            self.order(role, 'none')
            self.kill(role)

    async def kill_opening(self, role, order):
        """It is dead, and is to die again when it is started anew: while it recovers, gives space back, or soon after."""
        self.order(role, order)
        deadline = time.monotonic() + 2 * PATIENCE
        while (pid := self.pids().get(role)) is None and time.monotonic() < deadline:
            await asyncio.sleep(0.003)
        self.disturbed.add(role)  # again: all may have been calm since it died
        if pid and await self.dies(pid):
            self.died_at(role, 'opening ' + order)
        self.order(role, 'none')

    async def dies(self, pid):
        deadline = time.monotonic() + PATIENCE
        while lives(pid):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.003)
        return True

    # all of them

    def kill_all(self):
        """At the same moment, without a word to any."""
        pids = self.pids()
        self.disturbed |= {*pids, ('super', 0)}
        assert os.getpgid(self.process.pid) == self.process.pid != os.getpgrp()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.kills += sum(role != 'front' for role, _ in pids)
        self.wait_gone(pids.values())

    def end(self):
        """In good order."""
        pids = self.pids()
        self.disturbed |= {*pids, ('super', 0)}
        self.stop()
        self.wait_gone(pids.values())

    def wait_gone(self, pids):
        deadline = time.monotonic() + 10
        while any(lives(p) for p in pids):
            if time.monotonic() > deadline:
                raise servers.ServerError('processes outlive a kill')
            time.sleep(0.001)

    # what is to be expected

    def calm(self):
        self.disturbed.clear()

    def is_disturbed(self, shard=None):
        """Whether a session on this shard may end, or be refused, now."""
        return ('super', 0) in self.disturbed or ('front', 0) in self.disturbed or ('mail', shard) in self.disturbed

    def auth_disturbed(self):
        return ('auth', 0) in self.disturbed

    def new_complaints(self):
        """Lines that no kill explains."""
        with open(self.log, 'rb') as log:
            log.seek(self.log_read)
            text = log.read()
            self.log_read = log.tell()
        lines = text.decode(errors='replace').splitlines()
        return [line for line in lines if COMPLAINT.search(line) and not EXPECTED.search(line)]

    def run_check(self):
        """What `barid check --deep` says of the stopped server's store; nothing when all is well."""
        done = subprocess.run([self.program, 'check', '--deep', '--quiet', '--data', str(self.data)], capture_output=True, text=True)
        return '' if done.returncode == 0 else 'check --deep: ' + done.stdout + done.stderr
