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
from talk import Closed, Imap, Lmtp, parse  # noqa: E402
from truth import Mailbox, View, Wrong, must  # noqa: E402

NAMES = [b'INBOX', b'one', b'two', b'two/below', b'"B&APw-cher"', b'&BigGMQZKBi8-']
KEYWORDS = [b'work', b'$Later', b'home']
FLAGS = [b'\\Seen', b'\\Answered', b'\\Flagged', b'\\Deleted', b'\\Draft', *KEYWORDS]
# commands during which no EXPUNGE may come: RFC 3501 §7.4.1, RFC 5256 §3
QUIET = re.compile(rb'(FETCH|STORE|SEARCH|SORT|THREAD) ')


def ranges(numbers):
    out = []
    for n in sorted(numbers):
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return b','.join(b'%d' % a if a == b else b'%d:%d' % (a, b) for a, b in out)


def numbers(text):
    out = []
    for part in text.split(b','):
        first, _, last = part.partition(b':')
        out += range(int(first), int(last or first) + 1)
    return out


class Session:
    def __init__(self, world, name):
        self.world, self.name, self.imap = world, name, None
        self.view = None
        self.connect()

    def connect(self):
        self.imap = Imap(self.world.server, self.world.account, self.world.log, self.name)
        self.view = None

    # ── what comes ──

    def hear(self, untagged, quiet, search=None):
        """Takes responses into the view; the numbers of SEARCH and SORT go to `search`."""
        for line in untagged:
            words = parse(line[2:].rstrip())
            if not words:
                continue
            kind = words[1] if len(words) > 1 and isinstance(words[1], bytes) else b''
            if kind == b'EXISTS':
                self.view.exists(int(words[0]))
            elif kind == b'EXPUNGE':
                self.view.expunge(int(words[0]), not quiet)
            elif kind == b'FETCH':
                items = dict(zip(words[2][::2], words[2][1::2]))
                self.view.fetch(int(words[0]), items)
                self.check_content(int(words[0]), items)
            elif words[0] in (b'SEARCH', b'SORT') and search is not None:
                search += [int(w) for w in words[1:]]

    def check_content(self, n, items):
        uid = self.view.entries[n - 1].uid
        message = self.view.mailbox.messages.get(uid)
        if not message:
            return
        for item, value in items.items():
            if item == b'RFC822.SIZE':
                must(int(value) == message.size, 'UID', uid, 'has', message.size, 'octets, said', value)
            if item == b'BODY[]':
                must(value == message.text, 'UID', uid, 'has other octets')

    def run(self, text):
        """One command: its untagged responses are heard. The tagged answer."""
        self.world.commands += 1
        untagged, end = self.imap.answer(self.imap.command(text))
        self.hear(untagged, QUIET.match(text))
        return end

    def ok(self, text):
        end = self.run(text)
        must(end.startswith(b'OK'), text, 'was answered', end)
        return end

    def noop(self):
        self.ok(b'NOOP')
        if self.view:
            self.view.is_the_truth()

    # ── selecting ──

    def select(self):
        name = self.world.random.choice(list(self.world.mailboxes))
        read_only = self.world.random.random() < 0.15
        self.world.commands += 1
        untagged, end = self.imap.answer(self.imap.command((b'EXAMINE ' if read_only else b'SELECT ') + name))
        must(end.startswith(b'OK'), 'SELECT', name, end)
        must((b'READ-ONLY' in end) == read_only, end)
        mailbox = self.world.mailboxes[name]
        self.view = View(mailbox, read_only)
        text = b''.join(untagged)
        must(int(re.search(rb'UIDVALIDITY (\d+)', text).group(1)) == mailbox.uidvalidity, 'UIDVALIDITY has changed')
        must(int(re.search(rb'UIDNEXT (\d+)', text).group(1)) == mailbox.uidnext, 'UIDNEXT is not', mailbox.uidnext)
        self.hear([line for line in untagged if line.endswith(b'EXISTS\r\n')], False)
        must(self.view.told, 'no EXISTS')
        self.view.is_the_truth()

    def deleted(self, view):
        """UIDs that EXPUNGE takes away: of those that this session has been told of. (RFC 3501 §6.4.3 says "all"; a server that takes away
        what its client cannot know of yet would lose mail.)"""
        if self.world.lenient:
            self.run(b'NOOP')  # others take away what they know of, or all of it: so they are to know it
            self.learn()
        known = {e.uid for e in view.entries}
        return {m.uid for m in view.mailbox.messages.values()
                if b'\\Deleted' in m.flags and m.uid in known}

    def leave(self):
        if not self.view:
            return
        self.learn()
        view, deleted = self.view, self.deleted(self.view)
        self.view = None
        if self.world.random.random() < 0.5:
            self.imap.simple(b'UNSELECT')
        else:
            self.imap.simple(b'CLOSE')
            if not view.read_only:
                view.mailbox.remove(deleted)
        self.world.commands += 1

    # ── picking ──

    def learn(self):
        """UIDs that are not known yet."""
        while unknown := [n for n, e in enumerate(self.view.entries, 1) if e.uid is None]:
            self.ok(b'FETCH %s (UID FLAGS)' % ranges(unknown))

    def pick(self, most=6):
        """Some sequence numbers whose UIDs are known."""
        self.learn()
        known = [n for n, e in enumerate(self.view.entries, 1) if e.uid]
        if not known:
            return []
        return self.world.random.sample(known, min(len(known), self.world.random.randint(1, most)))

    def uids_of(self, picked):
        return [self.view.entries[n - 1].uid for n in picked]

    def form(self, picked):
        """(b'UID ', set) or (b'', set), at random."""
        if self.world.random.random() < 0.5:
            return b'UID ', ranges(self.uids_of(picked))
        return b'', ranges(picked)

    # ── verbs ──

    def store(self):
        r, picked = self.world.random, self.pick()
        if not picked:
            return
        uids, (uid, which) = self.uids_of(picked), self.form(picked)
        flags = set(r.sample(FLAGS, r.randint(0, 3)))
        how = r.choice([b'+', b'-', b''])
        silent = r.random() < 0.4
        end = self.run(b'%sSTORE %s %sFLAGS%s (%s)' % (uid, which, how, b'.SILENT' if silent else b'', b' '.join(sorted(flags))))
        if self.view.read_only:
            must(end.startswith(b'NO') or b'read-only' in end, 'STORE in a mailbox that was opened by EXAMINE:', end)
            return
        gone = [u for u in uids if u not in self.view.mailbox.messages]
        must(end.startswith(b'OK') or gone, 'STORE', end)
        for u in uids:
            m = self.view.mailbox.messages.get(u)
            if not m or (end.startswith(b'NO') and gone and self.world.lenient):
                continue
            m.flags = m.flags | flags if how == b'+' else m.flags - flags if how == b'-' else set(flags)
            entry = self.view.entries[self.view.number(u) - 1] if self.view.number(u) else None
            if entry and silent:
                entry.flags = None  # nobody says them, and something else may have changed them before
            elif entry and (entry.flags is not None or not self.world.lenient):
                must(entry.flags == m.flags, 'STORE told', entry.flags, 'for UID', u, 'that has', m.flags)

    def copy(self, move=False):
        if move and self.world.lenient:
            self.noop()  # another server may say NO, and have moved those that are there
        r, picked = self.world.random, self.pick()
        if not picked or (move and self.view.read_only):
            return
        uids, (uid, which) = self.uids_of(picked), self.form(picked)
        to = r.choice(list(self.world.mailboxes))
        source, target = self.view.mailbox, self.world.mailboxes[to]
        self.world.commands += 1
        untagged, end = self.imap.answer(self.imap.command(b'%s%s %s %s' % (uid, b'MOVE' if move else b'COPY', which, to)))
        there = [u for u in sorted(uids) if u in source.messages]
        if end.startswith(b'NO'):
            must(len(there) < len(uids), 'COPY', end)
            self.hear(untagged, False)
            return
        must(end.startswith(b'OK'), 'COPY', end)
        code = re.search(rb'COPYUID (\d+) (\S+) ([\d:,]+)', b''.join(untagged) + end)
        must(code or not there, 'no COPYUID')
        if not code:
            self.hear(untagged, False)
            return
        must(int(code.group(1)) == target.uidvalidity, 'COPYUID has another UIDVALIDITY')
        done, new = numbers(code.group(2)), numbers(code.group(3))
        must(done == there, 'COPYUID says that', done, 'were copied, there were', there)
        originals = [source.messages[u] for u in done]
        for m, u in zip(originals, new):
            must(u == target.uidnext, 'a copy has UID', u, 'instead of', target.uidnext)
            target.add(m.text, m.flags, m.size)
        if move:
            source.remove(done)
        self.hear(untagged, False)

    def move(self):
        self.copy(True)

    def expunge(self):
        if self.view.read_only:
            must(self.run(b'EXPUNGE').startswith(b'NO') or self.world.lenient, 'EXPUNGE in a mailbox that was opened by EXAMINE')
            return
        mailbox = self.view.mailbox
        self.learn()
        deleted = self.deleted(self.view)
        if self.world.random.random() < 0.5:
            mailbox.remove(deleted)
            self.ok(b'EXPUNGE')
        else:
            picked = self.pick()
            if not picked:
                return
            uids = self.uids_of(picked)
            mailbox.remove(deleted & set(uids))
            self.ok(b'UID EXPUNGE ' + ranges(uids))
        self.noop()

    def append(self):
        r, to = self.world.random, self.world.random.choice(list(self.world.mailboxes))
        mailbox, messages = self.world.mailboxes[to], []
        for _ in range(r.choice([1, 1, 1, 3]) if self.world.multiappend else 1):
            messages.append((self.world.message(), set(r.sample(FLAGS, r.randint(0, 2)))))
        parts = b''.join(b' (%s) {%d+}\r\n%s' % (b' '.join(sorted(flags)), len(text), text) for text, flags in messages)
        end = self.ok(b'APPEND ' + to + parts)
        code = re.search(rb'APPENDUID (\d+) ([\d:,]+)', end)
        must(code and int(code.group(1)) == mailbox.uidvalidity, 'APPENDUID is missing or of another UIDVALIDITY:', end)
        must(numbers(code.group(2)) == list(range(mailbox.uidnext, mailbox.uidnext + len(messages))), end)
        for text, flags in messages:
            mailbox.add(text, flags, len(text))

    def fetch(self):
        r, picked = self.world.random, self.pick(12)
        if not picked:
            return
        uids, (uid, which) = self.uids_of(picked), self.form(picked)
        items = r.choice([b'FLAGS', b'(UID FLAGS RFC822.SIZE)', b'(UID BODY.PEEK[])', b'(UID BODY[])', b'(UID ENVELOPE BODYSTRUCTURE)',
                          b'FAST', b'(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])'])
        if b'BODY[]' in items and not self.view.read_only:
            for m in (self.view.mailbox.messages.get(u) for u in uids):
                if m:
                    m.flags.add(b'\\Seen')
        end = self.run(b'%sFETCH %s %s' % (uid, which, items))
        must(end.startswith(b'OK') or any(u not in self.view.mailbox.messages for u in uids), 'FETCH', end)

    def search(self):
        r = self.world.random
        self.learn()
        flag = r.choice([b'SEEN', b'FLAGGED', b'DELETED', b'ANSWERED', b'DRAFT'])
        key, test = r.choice([
            (flag, lambda m: b'\\' + flag.capitalize() in m.flags),
            (b'UN' + flag, lambda m: b'\\' + flag.capitalize() not in m.flags),
            (b'KEYWORD work', lambda m: b'work' in m.flags),
            (b'NOT KEYWORD work ' + flag, lambda m: b'work' not in m.flags and b'\\' + flag.capitalize() in m.flags),
            (b'OR ' + flag + b' KEYWORD home', lambda m: b'home' in m.flags or b'\\' + flag.capitalize() in m.flags),
            (b'LARGER 400', lambda m: m.size > 400),
            (b'ALL', lambda m: True)])
        uid = r.random() < 0.5
        found = []
        self.world.commands += 1
        # what may come with it is told behind the answer, or before it: so the numbers are looked up as they were
        before = [e.uid for e in self.view.entries]
        believed = {e.uid: e.flags for e in self.view.entries}
        untagged, end = self.imap.answer(self.imap.command((b'UID ' if uid else b'') + b'SEARCH ' + key))
        must(end.startswith(b'OK'), 'SEARCH', end)
        self.hear(untagged, not uid, found)
        found = set(found) if uid else {before[n - 1] for n in found if n <= len(before)}
        for u in before:
            m = self.view.mailbox.messages.get(u)
            if m:
                if self.world.lenient and believed[u] != m.flags:
                    continue  # another server may answer by what the session has been told
                must((u in found) == test(m), 'SEARCH', key, 'is wrong about UID', u, 'with', m.flags)

    def status(self):
        name = self.world.random.choice(list(self.world.mailboxes))
        mailbox = self.world.mailboxes[name]
        if self.view and self.view.mailbox is mailbox:
            return  # RFC 3501 §6.3.10: not of the selected one
        untagged, end = self.imap.simple(b'STATUS ' + name + b' (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)')
        self.world.commands += 1
        line = [u for u in untagged if u.startswith(b'* STATUS')][0]
        self.hear([u for u in untagged if u is not line], False)
        values = dict(re.findall(rb'(MESSAGES|UNSEEN|UIDNEXT|UIDVALIDITY) (\d+)', line))
        unseen = sum(b'\\Seen' not in m.flags for m in mailbox.messages.values())
        want = {b'MESSAGES': len(mailbox.messages), b'UNSEEN': unseen, b'UIDNEXT': mailbox.uidnext, b'UIDVALIDITY': mailbox.uidvalidity}
        must({k: int(v) for k, v in values.items()} == want, line, 'instead of', want)

    def pipeline(self):
        """Several commands in one packet, answered one after the other."""
        r, picked = self.world.random, self.pick()
        if not picked:
            return
        which = ranges(self.uids_of(picked))
        flag = r.choice(FLAGS)
        commands = [b'UID FETCH %s FLAGS' % which, b'NOOP', b'UID SEARCH ALL', b'UID FETCH %s (RFC822.SIZE)' % which]
        if not self.view.read_only:
            commands.append(b'UID STORE %s +FLAGS (%s)' % (which, flag))
        r.shuffle(commands)
        commands.append(b'NOOP')
        tags = []
        packet = b''
        for text in commands:
            self.imap.count += 1
            tags.append(b'%s%d' % (self.name.encode(), self.imap.count))
            packet += tags[-1] + b' ' + text + b'\r\n'
        if not self.view.read_only:
            for u in self.uids_of(picked):
                if u in self.view.mailbox.messages:
                    self.view.mailbox.messages[u].flags.add(flag)
        self.imap.send(packet)
        for text, tag in zip(commands, tags):
            self.world.commands += 1
            untagged, end = self.imap.answer(tag)
            must(end.startswith(b'OK') or self.world.lenient, text, end)
            self.hear(untagged, QUIET.match(text))
        self.view.is_the_truth()

    def idle(self):
        """Another session works meanwhile; it is told without being asked."""
        others = [s for s in self.world.sessions if s is not self and s.view and s.view.mailbox is self.view.mailbox]
        tag = self.imap.command(b'IDLE')
        untagged = []
        while not (line := self.imap.response()).startswith(b'+'):
            untagged.append(line)
        self.world.commands += 1
        if others:
            other = self.world.random.choice(others)
            self.world.random.choice([other.store, other.append, other.fetch])()
        self.imap.send(b'DONE\r\n')
        more, end = self.imap.answer(tag)
        must(end.startswith(b'OK'), 'IDLE', end)
        self.hear(untagged + more, False)
        self.noop()


class World:
    def __init__(self, server, account, seed, sessions):
        self.server, self.account = server, account
        self.random = random.Random(seed)
        self.log = deque(maxlen=400)
        self.lenient = server.name != 'barid'
        self.commands = self.made = self.steps = 0
        self.mailboxes = {}
        self.lmtp = Lmtp(server, self.log, 'lmtp')
        first = Imap(server, account, self.log, 'setup')
        self.multiappend = b'MULTIAPPEND' in b''.join(first.simple(b'CAPABILITY')[0])
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
        text = 'Subject: message %d\r\nFrom: a@example.org\r\nX-Model: %d\r\n\r\n' % (self.made, self.made)
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
        untagged, _ = imap.simple(b'UID FETCH %d (BODY.PEEK[])' % uid)
        imap.close()
        must(untagged, 'what was delivered is not there as UID', uid)
        body = parse(untagged[0][2:].rstrip())[2]
        whole = dict(zip(body[::2], body[1::2]))[b'BODY[]']
        must(whole.endswith(text), 'what was delivered is not what came')
        inbox.add(whole, (), len(whole))

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
        verbs = [(s.store, 6), (s.fetch, 6), (s.search, 4), (s.noop, 4), (s.append, 3), (s.copy, 2), (s.move, 2), (s.expunge, 2),
                 (s.status, 1), (s.pipeline, 2), (s.idle, 1), (s.select, 1), (s.leave, 1)]
        self.random.choices([v for v, _ in verbs], [w for _, w in verbs])[0]()

    def thin(self, s):
        mailbox = s.view.mailbox
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
        for name, way, data in list(world.log if world else [])[-60:]:
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
