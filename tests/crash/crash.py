#!/usr/bin/env python3
"""kill -9 of a working server, again and again, and a model that knows what must be there afterwards.

    tests/crash/crash.py --build build --kills 1000      the last line: N kills, N acknowledged, 0 lost, 0 doubled, 0 risen
    tests/crash/crash.py --seconds 20                    a short run
    tests/crash/crash.py --sabotage cut                  does it see a log that lost its end? (tests/crash/test runs all of these)

A round: sessions of all kinds work on every shard; some mail processes, sometimes auth, sometimes all at once are killed, some of them again while
they recover; then every account is compared with the model. Kills come at random moments, and one after the other before and after each numbered
sync, renaming, removal and write (RUNNING, OPENING). --keep leaves the server's directory."""
import argparse
import asyncio
import logging
import random
import sys
import time
from pathlib import Path

import sabotage
import stranger
from admin import Admin
from look import Watcher, login, look
from model import Account, Finding, content
from server import Server
from sessions import Consumer, Deliverer, Owner, Popper, seed_of
from wire import Gone, Refused

ROOT = Path(__file__).resolve().parent.parent.parent
DEATHS_MAX = 3  # of one process, until all is started again: super's pauses double
# Call -> up to which number. A running server comes to the first soon; an opening (recovery, space given back, a new segment) makes the others too.
RUNNING = {'sync': 20, 'write': 20, 'kv-write': 20, 'any': 60}
OPENING = {'sync': 20, 'sync-dir': 6, 'rename': 6, 'remove': 6, 'truncate': 3, 'make-dir': 2, 'open': 12, 'write': 20, 'kv-flush': 3,
           'kv-write': 12, 'any': 80}


def points(calls):
    """Before and after each of them, for ever, the low numbers of every call first."""
    while True:
        for n in range(1, max(calls.values()) + 1):
            for call, most in calls.items():
                if n <= most:
                    yield call, '%s:%d=kill' % (call, n)
                    yield call, '%s:%d=kill-after' % (call, n)


class World:
    def __init__(self, server, seed, accounts):
        self.server, self.seed, self.dice = server, seed, random.Random(seed)
        self.acknowledged, self.names = 0, 0
        self.accounts = [Account(server.account('u%d' % n).user, n % server.shards) for n in range(accounts)]
        self.admin = Admin(self, seed)
        self.rounds = 0
        self.running, self.opening = points(RUNNING), points(OPENING)
        self.obedience = 0.7 if server.faulty.exists() else 0

    def new_name(self, letter):
        self.names += 1
        return '%s%d' % (letter, self.names)

    def same(self, name, bytes_):
        """Deliveries have lines of their own at the top."""
        sent = content(name)
        if bytes_ != sent and not (name.startswith('d') and bytes_.endswith(sent)):
            raise Finding('lost', '%s is not what was sent: %d octets, not %d' % (name, len(bytes_), len(sent)))

    def start(self):
        """Anew, now and then with deaths in the opening itself."""
        server, dice = self.server, self.dice
        obedient, orders = dice.random() < self.obedience, {}
        if obedient and server.points:
            orders = {('mail', n): self.point(('mail', n), self.opening) for n in range(server.shards) if dice.random() < 0.3}
        server.again(obedient, orders)

    def point(self, role, of):
        """The next one that this process ever comes to."""
        made = self.server.calls(role)
        return next(order for call, order in of if made[call])

    # one round

    def sessions(self):
        n = self.rounds
        for i, account in enumerate(self.accounts):
            for k, owned in enumerate(account.owners):
                yield Owner(self, account, owned, seed_of(self.seed, n, i, k), 's%d' % k)
            kind = Popper if (n + i) % 3 == 0 else Consumer
            yield kind(self, account, account.consumer, seed_of(self.seed, n, i, 'c'))
            yield Watcher(self, account, seed_of(self.seed, n, i, 'w'))
        for k in range(3):
            yield Deliverer(self, seed_of(self.seed, n, 'd', k))
        yield self.admin

    async def kill_one(self, role):
        """At some moment, or some call; now and then again while it recovers."""
        server, dice = self.server, self.dice
        await asyncio.sleep(dice.uniform(0.02, 0.25))
        if server.obedient and role[0] != 'front' and dice.random() < 0.8:
            await server.kill_at(role, self.point(role, self.running))
        else:
            server.kill(role)
        if server.deaths.get(role, 0) >= DEATHS_MAX or role[0] == 'front' or dice.random() < 0.5:
            return
        if server.obedient:
            await server.kill_opening(role, self.point(role, self.opening))
        else:
            await self.kill_again(role)

    async def kill_again(self, role):
        for _ in range(400):
            await asyncio.sleep(0.003)
            if role in self.server.pids():
                await asyncio.sleep(self.dice.uniform(0, 0.06))
                return self.server.kill(role)

    async def kill_some(self):
        dice, deaths = self.dice, self.server.deaths
        if dice.random() < 0.25:
            await asyncio.sleep(1)  # time enough to give space back
        roles = [('mail', n) for n in range(self.server.shards) if dice.random() < 0.8]
        if dice.random() < 0.3:
            roles.append(('auth', 0))
        if dice.random() < 0.05:
            roles.append(('front', 0))
        await asyncio.gather(*(self.kill_one(r) for r in roles if deaths.get(r, 0) <= DEATHS_MAX))

    async def kill_everything(self):
        await asyncio.sleep(self.dice.uniform(0.02, 0.3))
        if self.dice.random() < 0.1:
            self.server.end()
        else:
            self.server.kill_all()

    async def round(self, spoil=None):
        whole = spoil is not None or max(self.server.deaths.values(), default=0) >= DEATHS_MAX
        stop = asyncio.Event()
        self.server.calm()
        tasks = [asyncio.ensure_future(s.run(stop)) for s in self.sessions()]
        await (self.kill_everything() if whole else self.kill_some())
        stop.set()
        done = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 60)
        for result in done:
            if isinstance(result, BaseException):
                raise result
        if whole:
            if spoil:
                spoil()
            elif self.dice.random() < 0.05:
                self.check_all()
            self.start()
        await self.compare(deep=whole)
        self.rounds += 1

    def check_all(self):
        said = self.server.run_check()
        if said:
            raise Finding('other', said)

    async def compare(self, deep):
        done = await asyncio.gather(*(self.compare_account(a, deep) for a in self.accounts), return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException):
                raise result
        await self.admin.compare()
        complaints = self.server.new_complaints()
        if complaints:
            raise Finding('other', 'the log says: %s' % '\n'.join(complaints[:10]))

    async def compare_account(self, account, deep):
        """Nothing is killed any more: what the server will not show is lost."""
        try:
            boxes, subscribed = await look(self, account, deep)
        except Refused as error:
            raise Finding('lost', '%s: a look at it is answered %s' % (account.name, error))
        except Gone as error:
            raise Finding('other', '%s: while it is looked at: %s' % (account.name, error))
        account.compare(boxes, subscribed)


async def run(world, options):
    began, told, server = time.monotonic(), 0, world.server
    world.start()
    for account in world.accounts:
        (await login(server, account)).close()
    spoil = sabotage.WAYS[options.sabotage](world) if options.sabotage else None
    while (server.kills < options.kills if options.kills else time.monotonic() - began < options.seconds):
        await world.round(spoil if world.rounds and world.rounds % 2 == 0 else None)
        if server.kills - told >= 100:
            told = server.kills
            print('%d kills in %.0f s, %d of them at a point (%d different ones), %d acknowledged' % (
                told, time.monotonic() - began, server.kills_at_points, len(server.points), world.acknowledged), flush=True)
    await stranger.compare(world)


def last_line(world, counts):
    return '%d kills, %d acknowledged, %d lost, %d doubled, %d risen' % (
        world.server.kills, world.acknowledged, counts['lost'], counts['doubled'], counts['risen'])


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--build', default=str(ROOT / 'build'))
    p.add_argument('--kills', type=int, help='until so many')
    p.add_argument('--seconds', type=float, default=20, help='or so long')
    p.add_argument('--seed', type=int, default=time.time_ns() % 10 ** 9)
    p.add_argument('--accounts', type=int, default=8)
    p.add_argument('--sabotage', choices=sorted(sabotage.WAYS))
    p.add_argument('--keep', action='store_true', help="the server's directory, also when nothing was found")
    p.add_argument('--remove', action='store_true', help='it, also when something was')
    return p.parse_args()


def main():
    options = arguments()
    logging.getLogger('asyncio').setLevel(logging.ERROR)  # writing to a server that was killed is what this is about
    counts = {'lost': 0, 'doubled': 0, 'risen': 0, 'other': 0}
    server = Server(options.build)
    world = World(server, options.seed, options.accounts)
    print('seed %d, in %s' % (options.seed, server.dir), flush=True)
    try:
        server.begin(['u%d' % n for n in range(options.accounts)])
        asyncio.run(run(world, options))
    except Finding as finding:
        counts[finding.kind] += 1
        print('round %d: %s' % (world.rounds, finding))
    finally:
        server.stop()
    done = server.run_check() if not any(counts.values()) else ''
    if done:
        counts['other'] += 1
        print(done)
    found = any(counts.values())
    if options.remove or not (found or options.keep):
        server.remove()
    else:
        print('kept: %s' % server.dir)
    print(last_line(world, counts))
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
