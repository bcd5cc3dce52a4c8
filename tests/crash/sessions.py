"""The sessions: each does what a client does, says in the model what it has asked for and what was acknowledged, and goes on until it is told to
stop or its connection ends. A session never knows when a kill will come."""
import asyncio
import random
import re
import zlib

from model import Finding, content
from wire import Gone, Imap, Lmtp, Pop3, Refused, fetched

PASSWORD = 'open-sesame'
SYSTEM = ('\\Seen', '\\Answered', '\\Flagged', '\\Draft')
KEYWORDS = ('Work', '$Forwarded', 'Todo', 'later')
MAILBOXES_MAX, MESSAGES_MAX, INBOX_MAX = 8, 40, 50


def set_of(uids):
    """Runs where there are some, as clients send them."""
    out, uids = [], sorted(uids)
    for uid in uids:
        if out and out[-1][1] == uid - 1:
            out[-1][1] = uid
        else:
            out.append([uid, uid])
    return ','.join('%d:%d' % (a, b) if a != b else '%d' % a for a, b in out)


def expand(text):
    out = []
    for part in text.split(','):
        low, _, high = part.partition(':')
        out += range(int(low), int(high or low) + 1)
    return out


def literal(name):
    bytes_ = content(name)
    return b'{%d+}\r\n' % len(bytes_) + bytes_


def flag_list(flags):
    return b'(%s)' % ' '.join(sorted(flags)).encode()


class Session:
    """`tell` gets what happened; connect() may be refused while something is dead."""

    def __init__(self, world, account, owned, seed):
        self.world, self.server, self.account, self.owned = world, world.server, account, owned
        self.dice = random.Random(seed)
        self.selected = None

    async def run(self, stop):
        try:
            self.imap = await Imap.login(self.server.ports['imap'], self.account.name, PASSWORD)
        except (Gone, Refused) as error:
            return self.excuse(error, login=True)
        try:
            while not stop.is_set():
                await self.turn()
            await self.imap.ask(b'LOGOUT')
        except Gone as error:
            if not stop.is_set() or len(self.owned.states) > 1:
                self.excuse(error)
        except Refused as error:
            self.excuse(error)
        finally:
            self.imap.close()

    def excuse(self, error, login=False):
        if self.server.is_disturbed(self.account.shard) or (login and self.server.auth_disturbed()):
            return
        raise Finding('other', '%s: %s, and nothing was killed (%s)' % (
            self.account.name, error, '; '.join(s.words for s in self.owned.states)))

    async def turn(self):
        """One to four commands sent at once, then their answers."""
        sent = []
        for _ in range(self.dice.choice((1, 1, 1, 2, 3, 4))):
            planned = self.plan(self.owned.latest)
            if planned is None:
                continue
            state, before, command, check = planned
            for extra in before:
                sent.append((self.imap.begin(extra), None))
            self.owned.issue(state)
            sent.append((self.imap.begin(command), check))
        for tag, check in sent:
            line, untagged = await self.imap.end(tag)
            if check is None:
                continue
            self.owned.acknowledge()
            self.world.acknowledged += 1
            check(line, untagged)
        if self.dice.random() < 0.2:
            await asyncio.sleep(0)

    def select(self, box):
        if self.selected == box:
            return []
        self.selected = box
        return [b'SELECT "%s"' % box.encode()]

    def unselect(self, box):
        """A mailbox that is about to go, or to be called otherwise, with those below it."""
        if self.selected and (self.selected == box or self.selected.startswith(box + '/')):
            self.selected = None
            return [b'UNSELECT']
        return []

    # what was acknowledged must be what the model foresaw

    def code(self, word, values, key):
        """A check of [APPENDUID validity uid] and [COPYUID validity from to]."""
        def check(line, untagged):
            text = line + ' '.join(p[0].decode() for p in untagged if b'COPYUID' in p[0])
            found = re.search(r'\[%s (\d+)((?: [\d:,]+)+)\]' % word, text)
            if not found:
                raise Finding('other', '%s: no %s in "%s"' % (self.account.name, word, text))
            self.account.learn_validity(key, int(found[1]))
            got = [expand(part) for part in found[2].split()]
            if got != values:
                raise Finding('other', '%s: %s, but it should be %s' % (self.account.name, text, values))
        return check

    def nothing(self, line, untagged):
        pass

    # commands on messages; None when there is nothing to do it to

    def some_box(self, state, filled=False):
        names = [n for n, b in state.boxes.items() if (b.messages if filled else n != 'INBOX')]
        return self.dice.choice(names) if names else None

    def some_uids(self, state, box):
        uids = sorted(state.boxes[box].messages)
        if self.dice.random() < 0.4:
            return [self.dice.choice(uids)]
        first = self.dice.randrange(len(uids))
        return uids[first:first + self.dice.randint(1, 6)]

    def some_flags(self):
        flags = {f for f in SYSTEM if self.dice.random() < 0.3}
        return frozenset(flags | ({self.dice.choice(KEYWORDS)} if self.dice.random() < 0.4 else set()))

    def append(self, state):
        """Sometimes several at once (RFC 3502): all of them or none."""
        box = self.some_box(state)
        n = self.dice.choice((1, 1, 1, 1, 2, 3))
        if box is None or len(state.boxes[box].messages) + n > MESSAGES_MAX:
            return None
        pairs = [(self.world.new_name('a'), self.some_flags()) for _ in range(n)]
        command = b'APPEND "%s"' % box.encode() + b''.join(b' %s %s' % (flag_list(f), literal(name)) for name, f in pairs)
        next_uid = state.boxes[box].next
        return (state.append(box, pairs), [], command,
                self.code('APPENDUID', [list(range(next_uid, next_uid + n))], state.boxes[box].key))

    def store(self, state):
        box = self.some_box(state, True)
        if box is None:
            return None
        uids, how, flags = self.some_uids(state, box), self.dice.choice(('+', '-', '')), self.some_flags()
        silent = self.dice.choice((b'', b'.SILENT'))
        command = b'UID STORE %s %sFLAGS%s %s' % (set_of(uids).encode(), how.encode(), silent, flag_list(flags))
        return state.store(box, uids, how, flags), self.select(box), command, self.nothing

    def transfer(self, state, word):
        box, to = self.some_box(state, True), self.some_box(state)
        if box is None or to is None or box == to or len(state.boxes[to].messages) >= MESSAGES_MAX:
            return None
        uids = self.some_uids(state, box)
        next_uid = state.boxes[to].next
        new = state.copy(box, uids, to) if word == 'COPY' else state.move(box, uids, to)
        command = b'UID %s %s "%s"' % (word.encode(), set_of(uids).encode(), to.encode())
        values = [sorted(uids), list(range(next_uid, next_uid + len(uids)))]
        return new, self.select(box), command, self.code('COPYUID', values, state.boxes[to].key)

    def copy(self, state):
        return self.transfer(state, 'COPY')

    def move(self, state):
        return self.transfer(state, 'MOVE')

    def mark(self, state):
        """\\Deleted; the expunge that follows takes all that have it."""
        box = self.some_box(state, True)
        if box is None:
            return None
        uids = self.some_uids(state, box)
        command = b'UID STORE %s +FLAGS.SILENT (\\Deleted)' % set_of(uids).encode()
        return state.store(box, uids, '+', frozenset({'\\Deleted'})), self.select(box), command, self.nothing

    def expunge(self, state):
        marked = {n: [u for u, m in b.messages.items() if '\\Deleted' in m[1]] for n, b in state.boxes.items()}
        boxes = [n for n, uids in marked.items() if uids]
        if not boxes:
            return self.mark(state)
        box = self.dice.choice(boxes)
        word = self.dice.choice(('EXPUNGE', 'CLOSE', 'UID EXPUNGE'))
        before = self.select(box)
        if word == 'CLOSE':
            self.selected = None
        uids = marked[box]
        command = word.encode()
        if word == 'UID EXPUNGE':
            uids = uids[:self.dice.randint(1, len(uids))]
            command += b' ' + set_of(uids).encode()
        return state.expunge(box, uids, word), before, command, self.nothing


class Owner(Session):
    """Has a part of the tree to itself, and changes the tree too."""

    def __init__(self, world, account, owned, seed, prefix):
        super().__init__(world, account, owned, seed)
        self.prefix = prefix

    kinds = ('append',) * 8 + ('store',) * 5 + ('copy',) * 2 + ('move',) * 3 + ('mark', 'expunge', 'expunge', 'create', 'create',
                                                                               'delete', 'rename', 'subscribe')

    def plan(self, state):
        return getattr(self, self.dice.choice(self.kinds))(state)

    def some_name(self):
        return '/'.join([self.prefix, *(self.dice.choice('abc') for _ in range(self.dice.randint(1, 3)))])

    def create(self, state):
        name = self.some_name()
        if name in state.boxes or len(state.boxes) >= MAILBOXES_MAX:
            return None
        return state.create(name, self.account.new_key), [], b'CREATE "%s"' % name.encode(), self.nothing

    def delete(self, state):
        name = self.some_box(state)
        if name is None or len(state.boxes) < 3:
            return None
        return state.delete(name), self.unselect(name), b'DELETE "%s"' % name.encode(), self.nothing

    def rename(self, state):
        name, to = self.some_box(state), self.some_name()
        if name is None or to in state.boxes or to.startswith(name + '/'):
            return None
        new = {to + n[len(name):] for n in state.boxes if n.startswith(name + '/')}
        if new & set(state.boxes):
            return None
        command = b'RENAME "%s" "%s"' % (name.encode(), to.encode())
        return state.rename(name, to, self.account.new_key), self.unselect(name), command, self.nothing

    def subscribe(self, state):
        name, on = self.some_box(state), self.dice.random() < 0.5
        if name is None:
            return None
        return (state.subscribe(name, on), [], b'%sSUBSCRIBE "%s"' % (b'' if on else b'UN', name.encode()), self.nothing)


class Consumer(Session):
    """Reads INBOX by IMAP: flags, moves elsewhere, deletes."""
    kinds = ('store',) * 3 + ('move',) * 3 + ('copy', 'mark', 'expunge', 'expunge')

    def plan(self, state):
        return getattr(self, self.dice.choice(self.kinds))(state)

    async def turn(self):
        await self.learn()
        for _ in range(3):
            await super().turn()

    async def learn(self):
        for command in self.select('INBOX'):
            await self.imap.ask(command)
        line, untagged = await self.imap.ask(b'UID FETCH %d:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (X-Id)])'
                                             % max(1, self.account.inbox_checked_to))
        self.account.learn_inbox({u: m[:2] for u, m in fetched(untagged).items()})


class Popper(Session):
    """Reads INBOX by POP3, and deletes at QUIT. A UIDL never changes, and none is given twice."""

    async def run(self, stop):
        while not stop.is_set():
            try:
                await self.visit()
            except (Gone, Refused) as error:
                return self.excuse(error, login=True)
            await asyncio.sleep(0.01 * self.dice.random())

    async def visit(self):
        await self.learn_by_imap()
        pop = await Pop3.login(self.server.ports['pop3'], self.account.name, PASSWORD)
        try:
            there = await self.list(pop)
            known = {m[0]: u for u, m in self.owned.latest.boxes['INBOX'].messages.items()}
            chosen = [n for n, name in there.items() if name in known and self.dice.random() < 0.3]
            for n in chosen[:3]:
                pop.send(b'RETR %d\r\n' % n)
                self.world.same(there[n], await pop.lines())
            if self.dice.random() < 0.1:
                return  # a connection that just ends deletes nothing
            for n in chosen:
                await pop.ask('DELE %d' % n)
            self.owned.issue(self.owned.latest.expunge('INBOX', [known[there[n]] for n in chosen], 'QUIT after DELE'))
            await pop.ask('QUIT')
            self.owned.acknowledge()
            self.world.acknowledged += 1
        finally:
            pop.close()

    async def learn_by_imap(self):
        self.imap, self.selected = await Imap.login(self.server.ports['imap'], self.account.name, PASSWORD), None
        try:
            await Consumer.learn(self)
        finally:
            self.imap.close()

    async def list(self, pop):
        """{number: name}"""
        pop.send(b'UIDL\r\n')
        rows = [line.split() for line in (await pop.lines()).decode().splitlines()]
        for number, _ in rows:
            pop.send(b'TOP %s 0\r\n' % number.encode())
        out = {}
        for number, uidl in rows:
            found = re.search(rb'(?im)^X-Id: (\S+)', await pop.lines())
            name = out[int(number)] = found[1].decode()
            if self.account.uidl.setdefault(name, uidl) != uidl:
                raise Finding('other', '%s: UIDL of %s is %s, was %s' % (self.account.name, name, uidl, self.account.uidl[name]))
        return out


class Deliverer:
    """An MTA: one message to one to three recipients, each with an answer of its own."""

    def __init__(self, world, seed):
        self.world, self.server, self.dice = world, world.server, random.Random(seed)
        self.said = 'nothing'

    async def run(self, stop):
        lmtp = None
        try:
            lmtp = await Lmtp.hello(self.server.ports['lmtp'])
            while not stop.is_set():
                await self.deliver(lmtp)
            lmtp.send(b'QUIT\r\n')
        except Gone as error:
            if not self.server.is_disturbed():
                raise Finding('other', 'LMTP: %s, and nothing was killed; before that: %s' % (error, self.said))
        finally:
            if lmtp:
                lmtp.close()

    async def deliver(self, lmtp):
        open_ = [a for a in self.world.accounts if a.waiting() < INBOX_MAX]
        if not open_:
            return await asyncio.sleep(0.005)
        to = self.dice.sample(open_, min(len(open_), self.dice.choice((1, 1, 2, 3))))
        name = self.world.new_name('d')
        lmtp.send(b'MAIL FROM:<a@example.net>\r\n' + b''.join(b'RCPT TO:<%s>\r\n' % a.name.encode() for a in to) + b'DATA\r\n')
        await lmtp.reply()
        to = [a for a in to if self.good(await lmtp.reply(), a)]
        code, text = await lmtp.reply()
        if code != 354:
            if to:
                self.good((code, text), to[0])
            lmtp.send(b'RSET\r\n')
            await lmtp.reply()
            return await asyncio.sleep(0.01)
        for account in to:
            account.sending(name)
        lmtp.send(content(name).replace(b'\r\n.', b'\r\n..') + b'.\r\n')
        for account in to:
            if self.good(await lmtp.reply(), account):
                account.delivered(name)
                self.world.acknowledged += 1

    def good(self, answer, account):
        code, text = answer
        self.said = text
        if code == 250:
            return True
        if code // 100 != 4:
            raise Finding('other', 'LMTP: %s for %s: an MTA would send it back' % (text, account.name))
        if not self.server.is_disturbed(account.shard) and not self.server.auth_disturbed():
            raise Finding('other', 'LMTP: %s for %s, and nothing was killed' % (text, account.name))
        return False


def seed_of(*words):
    return zlib.crc32(repr(words).encode())
