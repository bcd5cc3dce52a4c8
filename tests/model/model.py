#!/usr/bin/env python3
"""Many sessions of one account against a model of what each must have been told.

    tests/model/model.py                         20,000 steps against build/barid
    tests/model/model.py --steps 0               until it is stopped
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
        """A mailbox is renamed, or deleted and made again."""
        name = self.random.choice(NAMES[1:])
        imap = Imap(self.server, self.account, self.log, 'tree')
        mailbox = self.mailboxes[name]
        if self.random.random() < 0.5:
            imap.simple(b'RENAME ' + name + b' aside')
            imap.simple(b'RENAME aside ' + name)
        elif name != b'two':  # it has a child
            for s in [s for s in self.sessions if s.view and s.view.mailbox is mailbox]:
                s.leave()
            old = self.mailboxes.pop(name)
            imap.simple(b'DELETE ' + name)
            imap.simple(b'CREATE ' + name)
            self.ask_uidvalidity(imap, name)
            must(self.mailboxes[name].uidvalidity > old.uidvalidity, 'UIDVALIDITY has not grown')
            old.gone = True
        imap.close()

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
                 (s.status, 1), (s.pipeline, 2), (s.idle, 1), (s.select, 1), (s.leave, 1)]
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


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--steps', type=int, default=20000)
    options.add_argument('--seed', type=int, default=int(time.time()))
    options.add_argument('--sessions', type=int, default=6)
    options.add_argument('--server', default='barid')
    options.add_argument('--build', default='build')
    options.add_argument('--show', type=int, default=60, help="how many lines of the talk are shown when something is wrong")
    options.add_argument('--keep', action='store_true', help="keep the server's directory")
    o = options.parse_args()
    server = servers.Dovecot() if o.server == 'dovecot' else servers.Barid(program=str(Path(o.build) / 'barid'))
    server.start(['model'])
    world, wrong = None, 0
    try:
        world = World(server, server.account('model'), o.seed, o.sessions)
        while not o.steps or world.steps < o.steps:
            world.step()
        world.end()
    except (Wrong, Closed, AssertionError) as e:
        wrong = 1
        for name, way, data in list(world.log if world else [])[-o.show:]:
            print(name, way, data[:300])
        if world:
            differences(world)
        print('seed %d, step %d: %s: %s' % (o.seed, world.steps if world else 0, type(e).__name__, e))
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
        complaints = server.complaints()
        for line in complaints[:20]:
            print(line)
        if not o.keep and not complaints:
            server.remove()
    print('%d steps, %d commands, %d wrong' % (world.steps if world else 0, world.commands if world else 0, wrong + len(complaints)))
    return 1 if wrong or complaints else 0


if __name__ == '__main__':
    sys.exit(main())
