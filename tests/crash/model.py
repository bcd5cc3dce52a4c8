"""What must be in an account, told by what its clients sent and what was acknowledged, and by nothing of the server's code.

Each mailbox but INBOX is changed by one session alone, so what it looks like after each command is known to the last UID. A session has a few
commands on their way at most: after a crash what it owns must look as it did after its last acknowledged command, or after one of those that
were under way. INBOX is also delivered into: what was answered 250 must be there, what was sent may be."""
import zlib

STANDARD = ('INBOX', 'Drafts', 'Sent', 'Trash', 'Junk', 'Archive')


class Finding(Exception):
    """Something that must never be. `kind`: lost, doubled, risen, or other."""

    def __init__(self, kind, text):
        super().__init__('%s: %s' % (kind, text))
        self.kind = kind


# ── Messages ──

def size_of(name):
    """Mostly small; some are written through, some are longer than one chunk."""
    dice = zlib.crc32(name.encode())
    if dice % 97 == 0:
        return 300_000 + dice % 5000
    if dice % 23 == 1:
        return 66_000 + dice % 9000
    return dice % 3000


def content(name):
    line = (name + ' ') * (70 // (len(name) + 1)) + '\r\n'
    text = line * (size_of(name) // len(line) + 1)
    return ('From: a@example.net\r\nX-Id: %s\r\nSubject: %s\r\n\r\n%s' % (name, name, text)).encode()


# ── What a session owns ──

class Box:
    """`key` names this mailbox for good, whatever it is called; `next` is None where others deliver too."""
    __slots__ = ('key', 'next', 'messages')

    def __init__(self, key, next_uid=1, messages=None):
        self.key, self.next, self.messages = key, next_uid, messages or {}

    def add(self, pairs):
        """A copy with more messages: [(name, flags)]."""
        box = Box(self.key, self.next, dict(self.messages))
        for pair in pairs:
            box.messages[box.next] = pair
            box.next += 1
        return box

    def without(self, uids):
        return Box(self.key, self.next, {u: m for u, m in self.messages.items() if u not in uids})

    def flagged(self, uids, how, flags):
        new = dict(self.messages)
        for uid in uids:
            if uid not in new:
                continue
            name, was = new[uid]
            new[uid] = (name, was | flags if how == '+' else was - flags if how == '-' else flags)
        return Box(self.key, self.next, new)


class State:
    """Never changed once made: every command gives another one. `words` tell the command that led here."""
    __slots__ = ('boxes', 'subscribed', 'words')

    def __init__(self, boxes, subscribed, words='the beginning'):
        self.boxes, self.subscribed, self.words = boxes, subscribed, words

    def but(self, words, boxes=None, subscribed=None):
        return State({**self.boxes, **boxes} if boxes else self.boxes,
                     self.subscribed if subscribed is None else subscribed, words)

    def append(self, box, pairs):
        return self.but('APPEND %s to %s' % (' '.join(name for name, _ in pairs), box), {box: self.boxes[box].add(pairs)})

    def store(self, box, uids, how, flags):
        return self.but('STORE %s %s%s in %s' % (uids, how, sorted(flags), box),
                        {box: self.boxes[box].flagged(uids, how, flags)})

    def copy(self, box, uids, to):
        pairs = [self.boxes[box].messages[u] for u in sorted(uids)]
        return self.but('COPY %s from %s to %s' % (uids, box, to), {to: self.boxes[to].add(pairs)})

    def move(self, box, uids, to):
        return self.copy(box, uids, to).but('MOVE %s from %s to %s' % (uids, box, to),
                                            {box: self.boxes[box].without(uids)})

    def expunge(self, box, uids, word='EXPUNGE'):
        return self.but('%s %s from %s' % (word, sorted(uids), box), {box: self.boxes[box].without(uids)})

    def create(self, box, new_key):
        boxes = self.parents(box, new_key)
        boxes[box] = Box(new_key())
        return self.but('CREATE %s' % box, boxes)

    def parents(self, box, new_key):
        parts = box.split('/')
        missing = ['/'.join(parts[:n]) for n in range(1, len(parts)) if '/'.join(parts[:n]) not in self.boxes]
        return {name: Box(new_key()) for name in missing}

    def delete(self, box):
        state = self.but('DELETE %s' % box)
        state.boxes = {n: b for n, b in self.boxes.items() if n != box}
        return state

    def rename(self, box, to, new_key):
        state = self.but('RENAME %s to %s' % (box, to), self.parents(to, new_key))
        state.boxes = {to + n[len(box):] if n == box or n.startswith(box + '/') else n: b for n, b in state.boxes.items()}
        return state

    def subscribe(self, name, on):
        return self.but('%sSUBSCRIBE %s' % ('' if on else 'UN', name),
                        subscribed=self.subscribed | {name} if on else self.subscribed - {name})


class Owned:
    """The mailboxes of one session, as they may be: states[0] after what was acknowledged, the others after what is under way."""

    def __init__(self, account, names):
        self.account, self.names = account, names
        boxes = {n: Box(account.new_key(), None if n == 'INBOX' else 1) for n in STANDARD if names(n)}
        self.states = [State(boxes, frozenset(boxes))]
        self.answered = 0  # how many commands have been
        self.seen = 0      # how many at least, as another session saw it

    @property
    def latest(self):
        return self.states[-1]

    def issue(self, state):
        self.states.append(state)

    def acknowledge(self, upto=1):
        self.answered += upto
        del self.states[:upto]

    def learn(self, uid, name):
        """A delivery that was seen in INBOX."""
        for state in self.states:
            if uid not in state.boxes['INBOX'].messages:
                box = state.boxes['INBOX']
                state.boxes = {**state.boxes, 'INBOX': Box(box.key, None, {**box.messages, uid: (name, frozenset())})}


# ── What was found ──

class FoundBox:
    def __init__(self, validity, next_uid, messages):
        self.validity, self.next, self.messages = validity, next_uid, messages


class Account:
    """All that is to be in one account. `sessions`: what is owned by whom; `deliveries`: name -> [sent, acknowledged, uid]."""

    def __init__(self, name, shard):
        self.name, self.shard = name, shard
        self.keys = 0
        self.validity, self.above, self.highest_validity = {}, {}, 0
        self.deliveries, self.inbox_seen, self.uidl = {}, {}, {}
        self.pending = set()  # deliveries that were not seen yet
        self.inbox_next, self.inbox_checked_to, self.clock = 1, 0, 0
        prefixes = ('s0', 's1')
        mine = {'s0': ('Drafts', 'Sent'), 's1': ('Trash',)}
        self.owners = [Owned(self, lambda n, p=p: n in mine[p] or n == p or n.startswith(p + '/')) for p in prefixes]
        self.consumer = Owned(self, lambda n: n in ('INBOX', 'Junk', 'Archive'))

    @property
    def sessions(self):
        return [*self.owners, self.consumer]

    def new_key(self):
        """A mailbox that is made now gets a higher UIDVALIDITY than any that was seen by now."""
        self.keys += 1
        self.above[self.keys] = self.highest_validity
        return self.keys

    # deliveries

    def tick(self):
        self.clock += 1
        return self.clock

    def sending(self, name):
        self.deliveries[name] = [self.tick(), None, None]
        self.pending.add(name)

    def delivered(self, name):
        self.deliveries[name][1] = self.tick()

    def waiting(self):
        return len(self.pending) + len(self.consumer.latest.boxes['INBOX'].messages)

    def saw_delivery(self, uid, name):
        """A message in INBOX that the model did not have there."""
        delivery = self.deliveries.get(name)
        if delivery is None:
            raise Finding('risen', '%s: %s is in INBOX with UID %d, and nobody sent it' % (self.name, name, uid))
        if delivery[2] not in (None, uid):
            kind = 'doubled' if delivery[2] in self.consumer.states[0].boxes['INBOX'].messages else 'risen'
            raise Finding(kind, '%s: %s is in INBOX with UID %d, but it was %d' % (self.name, name, uid, delivery[2]))
        if self.inbox_seen.get(uid, name) != name:
            raise Finding('doubled', '%s: UID %d of INBOX is %s, but it was %s' % (self.name, uid, name, self.inbox_seen[uid]))
        delivery[2] = uid
        self.pending.discard(name)
        self.inbox_seen[uid] = name
        self.consumer.learn(uid, name)

    def learn_inbox(self, messages):
        """What a session sees in INBOX is as good as acknowledged (INV-1)."""
        for uid, (name, _) in sorted(messages.items()):
            if uid not in self.inbox_seen or self.inbox_seen[uid] != name:
                self.saw_delivery(uid, name)

    # the comparison

    def learn_validity(self, key, validity):
        known = self.validity.setdefault(key, validity)
        if known != validity:
            raise Finding('other', '%s: UIDVALIDITY %d was %d' % (self.name, validity, known))
        if validity <= self.above.get(key, 0):
            raise Finding('other', '%s: a new mailbox has UIDVALIDITY %d, an older one %d' % (self.name, validity, self.above[key]))
        self.above.pop(key, None)
        self.highest_validity = max(self.highest_validity, validity)

    def differences(self, state, found, subscribed):
        """[(kind, text)], empty when what was found is this state."""
        out = []
        for name, box in state.boxes.items():
            if name not in found:
                out.append(('lost', 'the mailbox %s' % name))
                continue
            out += self.box_differences(name, box, found[name])
        out += [('risen', 'the mailbox %s' % n) for n in found if n not in state.boxes]
        out += [('lost', 'the subscription of %s' % n) for n in state.subscribed - subscribed]
        out += [('risen', 'the subscription of %s' % n) for n in subscribed - state.subscribed]
        return out

    def box_differences(self, name, box, found):
        out = []
        if self.validity.get(box.key, found.validity) != found.validity:
            out.append(('lost', 'UIDVALIDITY of %s is %d, was %d' % (name, found.validity, self.validity[box.key])))
        if box.next is not None and found.next != box.next:
            out.append(('lost', 'UIDNEXT of %s is %d, should be %d' % (name, found.next, box.next)))
        here = found.messages
        if box.next is None:  # INBOX: only what was seen there before
            here = {u: m for u, m in here.items() if u in self.inbox_seen}
        names = {m[0] for m in box.messages.values()}
        for uid, (what, flags) in box.messages.items():
            if uid not in here:
                out.append(('lost', '%s, UID %d of %s' % (what, uid, name)))
            elif here[uid] != (what, flags):
                out.append(('lost', '%s, UID %d of %s is now %s %s, should have %s' % (
                    what, uid, name, here[uid][0], sorted(here[uid][1]), sorted(flags))))
        for uid, (what, flags) in here.items():
            if uid not in box.messages:
                out.append(('doubled' if what in names else 'risen', '%s, UID %d of %s' % (what, uid, name)))
        return out

    def compare(self, boxes, subscribed):
        """Raises a Finding, or takes what was found as what is there from now on."""
        for owned in self.sessions:
            mine = {n: b for n, b in boxes.items() if owned.names(n)}
            self.settle(owned, mine, frozenset(n for n in subscribed if owned.names(n)))
        strange = [n for n in [*boxes, *subscribed] if not any(o.names(n) for o in self.sessions)]
        if strange:
            raise Finding('risen', '%s: %s, which nobody made' % (self.name, strange))
        self.compare_inbox(boxes['INBOX'])

    def settle(self, owned, found, subscribed):
        del owned.states[:max(0, owned.seen - owned.answered)]
        owned.answered = max(owned.seen, owned.answered)
        tries = [self.differences(s, found, subscribed) for s in owned.states]
        for i, differences in enumerate(tries):
            if not differences:
                owned.states = [owned.states[i]]
                for name, box in owned.latest.boxes.items():
                    self.learn_validity(box.key, found[name].validity)
                return
        best = min(range(len(tries)), key=lambda i: len(tries[i]))
        raise Finding(tries[best][0][0], '%s: after %d acknowledged commands and %d under way (%s) it comes closest to "%s", but:\n  %s' % (
            self.name, owned.answered, len(owned.states) - 1, '; '.join(s.words for s in owned.states), owned.states[best].words,
            '\n  '.join('%s: %s' % d for d in tries[best][:20])))

    def compare_inbox(self, found):
        if found.next < self.inbox_next:
            raise Finding('lost', '%s: UIDNEXT of INBOX went from %d to %d' % (self.name, self.inbox_next, found.next))
        highest = self.inbox_next
        self.inbox_next = found.next
        for uid, (name, flags) in sorted(found.messages.items()):
            if uid in self.inbox_seen:
                continue
            if uid < highest and self.inbox_checked_to > uid:
                raise Finding('risen', '%s: %s came into INBOX below UIDs that were seen, with %d' % (self.name, name, uid))
            self.saw_delivery(uid, name)
            if flags:
                raise Finding('other', '%s: %s was delivered with %s' % (self.name, name, sorted(flags)))
        self.inbox_checked_to = found.next
        for name in self.pending:
            if self.deliveries.pop(name)[1]:  # what was not answered is never to be seen from now on
                raise Finding('lost', '%s: %s was answered 250 and is not in INBOX' % (self.name, name))
        self.pending.clear()
        self.check_order(found)

    def check_order(self, found):
        """Whatever was acknowledged before another was sent has the lower UID."""
        least = None
        for uid in sorted(found.messages, reverse=True):
            sent, acknowledged, _ = self.deliveries[found.messages[uid][0]]
            if least is not None and least < sent:
                raise Finding('other', '%s: UID %d of INBOX was sent after a higher one was acknowledged' % (self.name, uid))
            if acknowledged is not None:
                least = acknowledged if least is None else min(least, acknowledged)
