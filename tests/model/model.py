#!/usr/bin/env python3
"""Many sessions of one account against a model of what each must have been told.

    tests/model/model.py                         20,000 steps against build/barid
    tests/model/model.py --steps 0               until it is stopped
    tests/model/model.py --minutes 60            one seed after the other (make soak-model)
    tests/model/model.py --server dovecot        is the model right?
    tests/model/model.py --seed 7 --steps 3000   the same steps again

A step is one packet of one session: a command, or several. What others did meanwhile may be told or not, as RFC 3501 allows; after NOOP everything
must have been. The last line is "N steps, N commands, 0 wrong"."""
import argparse
import random
import re
import sys
import time
from collections import deque
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'player')]
import servers  # noqa: E402
from pop import Keeping, PopSession  # noqa: E402
from session import Session  # noqa: E402
from talk import Closed, Imap, Lmtp, moment, parse, ranges  # noqa: E402
from truth import Mailbox, View, Wrong, must  # noqa: E402

NAMES = [b'INBOX', b'one', b'two', b'two/below', b'"B&APw-cher"', b'&BigGMQZKBi8-']
SUBJECTS = ['message %', 'message %', 'Alpha', 'alpha', 'beta', 'BETA two', 'gamma 10', 'gamma 9']


class World:
    def __init__(self, server, account, seed, sessions):
        self.server, self.account = server, account
        self.random = random.Random(seed)
        self.log = deque(maxlen=4000)
        self.lenient = server.name != 'barid'
        self.commands = self.made = self.steps = 0
        self.mailboxes = {}
        self.lmtp = Lmtp(server, self.log, 'lmtp')
        first = Imap(server, account, self.log, 'setup')
        capabilities = b''.join(first.simple(b'CAPABILITY')[0]).split()
        self.multiappend, self.can_page = b'MULTIAPPEND' in capabilities, b'PARTIAL' in capabilities
        self.can_size = b'STATUS=SIZE' in capabilities
        self.can_compress = b'COMPRESS=DEFLATE' in capabilities
        self.others = {parse(line)[-1] for line in first.simple(b'LIST "" *')[0]} - {b'INBOX'}
        for name in NAMES:
            if name != b'INBOX':
                first.simple(b'CREATE ' + name)
            self.ask_uidvalidity(first, name)
        first.close()
        self.sessions = [Session(self, 's%d_' % i) for i in range(sessions)]
        # POP3: what devices keep; UIDLs and what mail is theirs
        self.devices, self.keeping, self.uidls, self.uidl_of = server.name == 'barid', Keeping(), {}, {}
        self.pops = [PopSession(self, 'p%d' % i) for i in range(3)]

    def ask_uidvalidity(self, imap, name):
        line = b''.join(imap.simple(b'STATUS ' + name + b' (UIDVALIDITY UIDNEXT)')[0])
        validity, uidnext = (int(re.search(k + rb' (\d+)', line).group(1)) for k in (b'UIDVALIDITY', b'UIDNEXT'))
        must(validity not in [m.uidvalidity for m in self.mailboxes.values() if m.name == name], 'a UIDVALIDITY came back')
        self.mailboxes[name] = Mailbox(name, validity, uidnext)

    def message(self):
        self.made += 1
        lines = self.random.randint(0, 12)
        subject = self.random.choice(['', '', 'Re: ', 'RE: ', 'Fwd: ', 'Re: re: ']) + self.random.choice(SUBJECTS).replace('%', str(self.made))
        text = 'Subject: %s\r\nFrom: a@example.org\r\nX-Model: %d\r\n\r\n' % (subject, self.made)
        text += ''.join('.line %d of %d: سطر\r\n' % (i, lines) for i in range(lines))
        return text.encode()

    # ── the other protocols, and the tree ──

    def deliver(self):
        text = self.message()
        self.lmtp.deliver(self.account.address, text)
        inbox = self.mailboxes[b'INBOX']
        uid = inbox.uidnext
        # what the server put on top is read once and then part of the truth
        imap = Imap(self.server, self.account, self.log, 'look')
        imap.simple(b'EXAMINE INBOX')
        untagged, _ = imap.simple(b'UID FETCH %d (INTERNALDATE BODY.PEEK[])' % uid)
        imap.close()
        must(untagged, 'what was delivered is not there as UID', uid)
        body = parse(untagged[0][2:].rstrip())[2]
        items = dict(zip(body[::2], body[1::2]))
        whole = items[b'BODY[]']
        must(whole.endswith(text), 'what was delivered is not what came')
        inbox.add(whole, (), len(whole), moment(items[b'INTERNALDATE']))

    def tree(self):
        """A mailbox is renamed, for good or not, or deleted and made again; others may have selected it."""
        imap = Imap(self.server, self.account, self.log, 'tree')
        name = self.random.choice([n for n in self.mailboxes if n != b'INBOX'])
        kind = self.random.randrange(4)
        if kind == 0:
            imap.simple(b'RENAME ' + name + b' aside')
            imap.simple(b'RENAME aside ' + name)
        elif kind == 1 and not name.startswith(b'"'):
            self.made += 1
            new = b'%s%d' % (self.random.choice([b'new', b'two/new', b'deep/er']), self.made)
            if not new.startswith(name + b'/'):
                for s in self.sessions if self.lenient else ():  # Dovecot loses what is renamed while it is selected
                    if s.view and (s.view.mailbox.name + b'/').startswith(name + b'/'):
                        s.leave()
                imap.simple(b'RENAME ' + name + b' ' + new)
                self.rename(name, new)
        elif not any(n.startswith(name + b'/') for n in self.mailboxes):
            self.anew(imap, name)
        imap.close()

    def parents(self):
        """Names that a RENAME may have made on the way to its new name: RFC 3501 §6.3.5."""
        return {b'two', b'deep', b'aside'}

    def rename(self, name, new):
        """With all below it; whoever has selected one of them goes on."""
        for old in list(self.mailboxes):
            if old == name or old.startswith(name + b'/'):
                mailbox = self.mailboxes.pop(old)
                mailbox.name = new + old[len(name):]
                self.mailboxes[mailbox.name] = mailbox

    def anew(self, imap, name):
        orphans = [s for s in self.sessions if s.view and s.view.mailbox is self.mailboxes[name]]
        for s in orphans:
            if self.random.random() < 0.5:
                s.leave()
        imap.simple(b'DELETE ' + name)
        old = self.mailboxes.pop(name)
        for s in orphans:
            if s.view:
                s.orphan()
        imap.simple(b'CREATE ' + name)
        self.ask_uidvalidity(imap, name)
        must(self.mailboxes[name].uidvalidity > old.uidvalidity, 'UIDVALIDITY has not grown')

    # ── steps ──

    def step(self):
        self.steps += 1
        s = self.random.choice(self.sessions)
        dice = self.random.random()
        if dice < 0.04:
            self.random.choice([self.deliver, self.deliver, self.deliver, self.tree])()
            return
        if dice < 0.12:
            self.random.choice(self.pops).step()
            return
        if not s.view:
            self.random.choice([s.select, s.select, s.append, s.status])()
            return
        if len(s.view.mailbox.messages) > 150:
            s.view.mailbox.messages and not s.view.read_only and self.thin(s)
            return
        verbs = [(s.store, 6), (s.fetch, 6), (s.search, 4), (s.sort, 2), (s.noop, 4), (s.append, 3), (s.copy, 2), (s.move, 2), (s.expunge, 2),
                 (s.status, 1), (s.list, 0.5), (s.pipeline, 2), (s.idle, 1), (s.select, 1), (s.leave, 1), (s.again, 0.5)]
        self.random.choices([v for v, _ in verbs], [w for _, w in verbs])[0]()

    def thin(self, s):
        mailbox = s.view.mailbox
        s.noop()
        for m in list(mailbox.messages.values())[:120]:
            m.flags.add(b'\\Deleted')
        s.ok(b'UID STORE %s +FLAGS (\\Deleted)' % ranges(mailbox.uids()[:120]))
        s.noop()
        mailbox.remove(s.deleted(s.view))
        s.ok(b'EXPUNGE')
        s.noop()

    def end(self):
        for s in self.sessions:
            s.noop()
        for name, mailbox in self.mailboxes.items():  # a new session sees the same
            s = self.sessions[0]
            s.imap.simple(b'UNSELECT') if s.view else None
            untagged, _ = s.imap.simple(b'EXAMINE ' + name)
            s.view = View(mailbox, True)
            s.hear([line for line in untagged if line.endswith(b'EXISTS\r\n')], False)
            if mailbox.messages:
                s.ok(b'FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[])')
            s.view.is_the_truth()


def differences(world):
    """Where the server and the model differ, for whoever looks for the cause."""
    imap = Imap(world.server, world.account, deque(), 'x')
    for name, mailbox in world.mailboxes.items():
        imap.simple(b'EXAMINE ' + name)
        untagged, _ = imap.simple(b'UID FETCH 1:* (UID FLAGS)')
        there = {}
        for line in untagged:
            words = parse(line[2:].rstrip())
            if len(words) > 2 and words[1] == b'FETCH':
                items = dict(zip(words[2][::2], words[2][1::2]))
                there[int(items[b'UID'])] = set(items[b'FLAGS']) - {b'\\Recent'}
        for uid in sorted(set(there) | set(mailbox.messages)):
            model = mailbox.messages[uid].flags if uid in mailbox.messages else None
            if there.get(uid) != model:
                print(name.decode(), 'UID', uid, 'server', there.get(uid), 'model', model)
    imap.close()


def play(o, seed, steps):
    """One server, one world: how much was wrong."""
    server = servers.Dovecot() if o.server == 'dovecot' else servers.Barid(program=str(Path(o.build) / 'barid'))
    server.start(['model'])
    world, wrong = None, 0
    try:
        world = World(server, server.account('model'), seed, o.sessions)
        while not steps or world.steps < steps:
            world.step()
        world.end()
    except (Wrong, Closed, AssertionError) as e:
        wrong = 1
        for name, way, data in list(world.log if world else [])[-o.show:]:
            print(name, way, data[:300])
        if world:
            differences(world)
        print('seed %d, step %d: %s: %s' % (seed, world.steps if world else 0, type(e).__name__, e))
    finally:
        server.stop()
        complaints = server.complaints()
        for line in complaints[:20]:
            print(line)
        if not o.keep and not complaints:
            server.remove()
    wrong += len(complaints)
    print('%d steps, %d commands, %d wrong' % (world.steps if world else 0, world.commands if world else 0, wrong), flush=True)
    return wrong


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--steps', type=int, default=20000, help='0: until it is stopped')
    options.add_argument('--minutes', type=float, help='one seed after the other, each for --steps, until that time is over')
    options.add_argument('--seed', type=int, default=int(time.time()))
    options.add_argument('--sessions', type=int, default=6)
    options.add_argument('--server', default='barid')
    options.add_argument('--build', default='build')
    options.add_argument('--keep', action='store_true', help="keep the server's directory")
    options.add_argument('--show', type=int, default=60, help='how many lines of the talk are shown when something is wrong')
    o = options.parse_args()
    seed, wrong, over = o.seed, 0, time.monotonic() + 60 * (o.minutes or 0)
    try:
        while not wrong and (seed == o.seed or time.monotonic() < over):
            print('seed %d' % seed, flush=True)
            wrong = play(o, seed, o.steps)
            seed += 1
    except KeyboardInterrupt:
        pass
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
