"""POP3 sessions over the INBOX that the IMAP sessions change meanwhile. The maildrop stands still from the login on, DELE counts at QUIT and a
dropped connection does nothing: RFC 1939 §4-7. A server that knows devices (`user/device`) shows each what that device has not deleted, and lets
a message go when all that have come and quit have."""
from talk import Closed, Pop3
from truth import must

DEVICES = ['', 'phone', 'desk']


class Keeping:
    """What each device has deleted. One is known from its first QUIT on."""

    def __init__(self):
        self.known = {}

    def shown(self, inbox, device):
        return [m for m in inbox.messages.values() if m.uid not in self.known.get(device, ())]

    def quit(self, inbox, device, deleted):
        self.known.setdefault(device, set()).update(deleted)
        inbox.remove([u for u in inbox.uids() if all(u in d for d in self.known.values())])


class PopSession:
    def __init__(self, world, name):
        self.world, self.name, self.pop = world, name, None

    def open(self):
        world = self.world
        self.device = world.random.choice(DEVICES) if world.devices else ''
        self.pop = Pop3(world.server, world.account, world.log, self.name, self.device)
        self.inbox = world.mailboxes[b'INBOX']
        self.drop = world.keeping.shown(self.inbox, self.device)
        self.deleted = set()  # numbers
        self.work([self.stat(), self.uidl()])

    def close(self):
        self.pop.close()
        self.pop = None

    # ── commands: (text, whether it may be refused, whether many lines come, a check of what comes) ──

    def left(self):
        return [n for n in range(1, len(self.drop) + 1) if n not in self.deleted]

    def number(self):
        """One of the maildrop, at times one beyond."""
        return self.world.random.randint(1, len(self.drop) + (self.world.random.random() < 0.1 or not self.drop))

    def there(self, n):
        return n <= len(self.drop) and n not in self.deleted

    def stat(self):
        sizes = [self.drop[n - 1].size for n in self.left()]
        want = b'+OK %d %d' % (len(sizes), sum(sizes))
        return b'STAT', True, False, lambda first, _: must(first == want, 'STAT says', first, 'instead of', want)

    def list(self):
        want = [b'%d %d\r\n' % (n, self.drop[n - 1].size) for n in self.left()]
        return b'LIST', True, True, lambda _, lines: must(lines == want, 'LIST says', lines, 'instead of', want)

    def list_one(self):
        n = self.number()
        want = b'+OK %d %d' % (n, self.drop[n - 1].size) if self.there(n) else None
        return b'LIST %d' % n, want, False, lambda first, _: must(first == want, first, 'instead of', want)

    def uidl(self):
        left = self.left()

        def check(_, lines):
            must(len(lines) == len(left), 'UIDL has', len(lines), 'lines, there are', len(left))
            must(len({line.split()[1] for line in lines}) == len(lines), 'one UIDL for two messages')
            for n, line in zip(left, lines):
                number, uidl = line.split()
                must(int(number) == n, 'UIDL has number', number, 'instead of', n)
                self.same_uidl(n, uidl)
        return b'UIDL', True, True, check

    def uidl_one(self):
        n = self.number()
        return b'UIDL %d' % n, self.there(n), False, lambda first, _: self.same_uidl(n, first.split()[2])

    def same_uidl(self, n, uidl):
        """It is the UID's in every session, and never another mail's. (Moved away and back, a message may have the one that it had.)"""
        m = self.drop[n - 1]
        before = self.world.uidl_of.setdefault(m.uid, uidl)
        must(before == uidl, 'UID', m.uid, 'had the UIDL', before, 'and has', uidl)
        text = self.world.uidls.setdefault(uidl, m.text)
        must(text == m.text, 'UIDL', uidl, 'of UID', m.uid, 'was that of other mail')

    def retr(self):
        n = self.number()
        return b'RETR %d' % n, self.there(n), True, lambda _, lines: must(b''.join(lines) == self.drop[n - 1].text, 'RETR', n, 'has other octets')

    def top(self):
        n, most = self.number(), self.world.random.choice([0, 1, 2, 5, 1000])

        def check(_, lines):
            head, _, body = self.drop[n - 1].text.partition(b'\r\n\r\n')
            want = head + b'\r\n\r\n' + b''.join(body.splitlines(True)[:most])
            must(b''.join(lines) == want, 'TOP', n, most, 'is', lines, 'instead of', want)
        return b'TOP %d %d' % (n, most), self.there(n), True, check

    def dele(self):
        n = self.number()
        there = self.there(n)
        if there:
            self.deleted.add(n)
        return b'DELE %d' % n, there, False, lambda *_: None

    def rset(self):
        self.deleted.clear()
        return b'RSET', True, False, lambda *_: None

    def noop(self):
        return b'NOOP', True, False, lambda *_: None

    # ── a packet ──

    def lost(self):
        """Another server may fail where a message was taken away meanwhile."""
        return self.world.lenient and any(m.uid not in self.inbox.messages for m in self.drop)

    def work(self, commands):
        self.pop.send(b''.join(text + b'\r\n' for text, *_ in commands))
        for text, good, many, check in commands:
            self.world.commands += 1
            first, lines = self.pop.reply(many)
            if first.startswith(b'+OK'):
                must(good, text, 'was answered', first, 'and cannot be done')
                check(first, lines)
            else:
                must(not good or self.lost(), text, 'was answered', first)
                if good and text.startswith(b'DELE'):
                    self.deleted.discard(int(text[5:]))

    def quit(self):
        self.pop.ask(b'QUIT')
        self.world.commands += 1
        self.world.keeping.quit(self.inbox, self.device, {self.drop[n - 1].uid for n in self.deleted})
        self.close()

    def step(self):
        r = self.world.random
        if not self.pop:
            self.open()
            return
        try:
            if r.random() < 0.15:
                self.quit()
            elif r.random() < 0.04:
                self.close()
            else:
                verbs = [self.stat, self.list, self.list_one, self.uidl, self.uidl_one, self.retr, self.retr, self.top, self.dele, self.dele,
                         self.noop, self.rset]
                self.work([r.choices(verbs, [2] * 10 + [1, 1])[0]() for _ in range(r.choice([1, 1, 2, 4, 8]))])
        except Closed:
            if not self.lost():
                raise
            self.close()
