"""One IMAP session of the model test: it does things at random, keeps the model in step with what it did, and checks all that it is told."""
import re

from search import Searching
from talk import Closed, Imap, moment, numbers, parse, ranges
from truth import View, must

KEYWORDS = [b'work', b'$Later', b'home', b'a.b', b'NonJunk']
NEW_KEYWORDS = [b'new%d' % i for i in range(12)]  # rare, so that they come to a mailbox while it is selected
FLAGS = [b'\\Seen', b'\\Answered', b'\\Flagged', b'\\Deleted', b'\\Draft', *KEYWORDS]
# commands during which no EXPUNGE may come: RFC 3501 §7.4.1, RFC 5256 §3
QUIET = re.compile(rb'(FETCH|STORE|SEARCH|SORT|THREAD) ')


class Session(Searching):
    def __init__(self, world, name):
        self.world, self.name, self.imap = world, name, None
        self.view = None
        self.saved = set()  # UIDs that "$" stands for; None: not known
        self.dollar = None  # what was picked, when that is "$"
        self.connect()

    def connect(self):
        self.imap = Imap(self.world.server, self.world.account, self.world.log, self.name)
        self.view = None
        if self.world.can_compress and self.world.random.random() < 0.5:
            self.imap.compress()

    def again(self):
        """The connection is dropped, or ends with LOGOUT, and another begins."""
        if self.world.random.random() < 0.5:
            self.imap.logout()
        self.imap.close()
        self.connect()

    # ── what comes ──

    def hear(self, untagged, quiet):
        """Takes responses into the view."""
        for line in untagged:
            words = parse(line[2:].rstrip())
            if not words:
                continue
            kind = words[1] if len(words) > 1 and isinstance(words[1], bytes) else b''
            if kind == b'EXISTS':
                self.view.exists(int(words[0]))
            elif words[0] == b'FLAGS':
                self.view.flags = set(words[1])
            elif kind == b'EXPUNGE':
                self.view.expunge(int(words[0]), not quiet)
            elif kind == b'FETCH':
                items = dict(zip(words[2][::2], words[2][1::2]))
                self.view.fetch(int(words[0]), items)
                self.check_content(int(words[0]), items)

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
            if item == b'INTERNALDATE':
                must(moment(value) == message.date, 'UID', uid, 'is of', message.date, 'said', value)

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
        self.saved, self.dollar = set(), None
        text = b''.join(untagged)
        must(int(re.search(rb'UIDVALIDITY (\d+)', text).group(1)) == mailbox.uidvalidity, 'UIDVALIDITY has changed')
        must(int(re.search(rb'UIDNEXT (\d+)', text).group(1)) == mailbox.uidnext, 'UIDNEXT is not', mailbox.uidnext)
        self.hear([line for line in untagged if line.endswith(b'EXISTS\r\n') or line.startswith(b'* FLAGS ')], False)
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
        self.dollar = None
        if not known:
            return []
        if self.saved and self.world.random.random() < 0.2:
            if picked := [n for n in known if self.view.entries[n - 1].uid in self.saved]:
                self.dollar = picked
                return picked
        return self.world.random.sample(known, min(len(known), self.world.random.randint(1, most)))

    def uids_of(self, picked):
        return [self.view.entries[n - 1].uid for n in picked]

    def form(self, picked):
        """(b'UID ', set) or (b'', set), at random."""
        if self.dollar is picked:
            return self.world.random.choice([b'UID ', b'']), b'$'
        if self.world.random.random() < 0.5:
            return b'UID ', ranges(self.uids_of(picked))
        return b'', ranges(picked)

    # ── verbs ──

    def store(self):
        r, picked = self.world.random, self.pick()
        if not picked:
            return
        uids, (uid, which) = self.uids_of(picked), self.form(picked)
        flags = set(r.sample(FLAGS, r.randint(0, 3)) + r.sample(NEW_KEYWORDS, r.random() < 0.05))
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
            target.add(m.text, m.flags, m.size, m.date)
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
            date = b'%02d-Feb-2021 10:00:00 +0%d00' % (r.randint(1, 9), r.randint(0, 3))
            messages.append((self.world.message(), set(r.sample(FLAGS, r.randint(0, 2))), date))
        parts = b''.join(b' (%s) "%s" {%d+}\r\n%s' % (b' '.join(sorted(flags)), date, len(text), text) for text, flags, date in messages)
        end = self.ok(b'APPEND ' + to + parts)
        code = re.search(rb'APPENDUID (\d+) ([\d:,]+)', end)
        must(code and int(code.group(1)) == mailbox.uidvalidity, 'APPENDUID is missing or of another UIDVALIDITY:', end)
        must(numbers(code.group(2)) == list(range(mailbox.uidnext, mailbox.uidnext + len(messages))), end)
        for text, flags, date in messages:
            mailbox.add(text, flags, len(text), moment(date))

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

    def status_items(self):
        """Some items, as STATUS and LIST take them."""
        items = [b'MESSAGES', b'UNSEEN', b'UIDNEXT', b'UIDVALIDITY'] + [b'SIZE'] * self.world.can_size
        return b' '.join(self.world.random.sample(items, self.world.random.randint(1, len(items))))

    def check_status(self, words, items):
        """A STATUS response, taken apart."""
        mailbox = self.world.mailboxes.get(words[1]) or self.world.mailboxes.get(b'"%s"' % words[1])
        if not mailbox or (self.view and self.view.mailbox is mailbox):
            return  # RFC 3501 §6.3.10: not of the selected one
        want = {k: v for k, v in mailbox.status().items() if k in items.split()}
        said = {k: int(v) for k, v in zip(words[2][::2], words[2][1::2])}
        must(said == want, words, 'instead of', want)

    def status(self):
        name, items = self.world.random.choice(list(self.world.mailboxes)), self.status_items()
        if self.view and self.view.mailbox is self.world.mailboxes[name]:
            return
        self.world.commands += 1
        untagged, end = self.imap.simple(b'STATUS ' + name + b' (%s)' % items)
        line = [u for u in untagged if u.startswith(b'* STATUS')][0]
        self.hear([u for u in untagged if u is not line], False)
        self.check_status(parse(line[2:].rstrip()), items)

    def list(self):
        """All names, with STATUS: RFC 5819."""
        items = self.status_items()
        self.world.commands += 1
        untagged, _ = self.imap.simple(b'LIST "" * RETURN (STATUS (%s))' % items)
        lines = [(u, parse(u[2:].rstrip())) for u in untagged]
        listed = {words[3] for _, words in lines if words[0] == b'LIST' and b'\\NonExistent' not in words[1] and b'\\Noselect' not in words[1]}
        want = {name.strip(b'"') for name in self.world.mailboxes}
        must(want <= listed, 'LIST says', listed, 'instead of', want)
        must(self.world.lenient or listed - want <= self.world.others | self.world.parents(), 'LIST says', listed, 'instead of', want)
        told = [words for _, words in lines if words[0] == b'STATUS']
        must(want <= {words[1] for words in told} | ({self.view.mailbox.name} if self.view else set()), 'STATUS is missing for some of', want)
        self.hear([u for u, words in lines if words[0] not in (b'LIST', b'STATUS')], False)
        for words in told:
            self.check_status(words, items)

    def orphan(self):
        """Its mailbox has been deleted: it is told, by BYE."""
        self.view = None
        try:
            self.imap.answer(self.imap.command(self.world.random.choice([b'NOOP', b'FETCH 1:* FLAGS', b'UID SEARCH ALL', b'CHECK'])))
            self.world.commands += 1
            self.imap.sock.settimeout(0.5 if self.world.lenient else 20)
            said = self.imap.response()
            must(said.startswith(b'* BYE'), 'a session whose mailbox is deleted was told', said)
        except Closed:
            must(self.world.lenient or b'* BYE' in self.world.log[-1][2] or b'* BYE' in self.world.log[-2][2], 'no BYE when a mailbox was deleted')
        self.imap.close()
        self.connect()

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
