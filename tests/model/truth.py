"""The model: what is in the mailboxes (Mailbox), and what one session must believe (View). Written from RFC 3501, 4315 and 6851; knows no server."""

import re

SYSTEM = {b'\\Seen', b'\\Answered', b'\\Flagged', b'\\Deleted', b'\\Draft'}


class Wrong(Exception):
    """The server said what it must not say."""


def must(truth, *what):
    if not truth:
        raise Wrong(' '.join(str(w) for w in what))


class Message:
    def __init__(self, uid, text, flags, size, date):
        self.uid, self.text, self.flags, self.size, self.date = uid, text, set(flags), size, date
        self.subject = re.search(rb'^Subject: (.*)\r\n', text, re.M).group(1)

    @property
    def base_subject(self):
        """RFC 5256 §2.1, of the subjects that this test makes, as i;unicode-casemap compares them."""
        return re.sub(rb'^((re|fwd): *)*', b'', self.subject, flags=re.I).strip().upper()


class Mailbox:
    def __init__(self, name, uidvalidity, uidnext=1):
        self.name, self.uidvalidity, self.uidnext = name, uidvalidity, uidnext
        self.messages = {}  # by uid; uids only grow, so this is their order

    def status(self):
        unseen = sum(b'\\Seen' not in m.flags for m in self.messages.values())
        return {b'MESSAGES': len(self.messages), b'UNSEEN': unseen, b'UIDNEXT': self.uidnext, b'UIDVALIDITY': self.uidvalidity,
                b'SIZE': sum(m.size for m in self.messages.values())}

    def uids(self):
        return list(self.messages)

    def add(self, text, flags, size, date):
        m = Message(self.uidnext, text, flags, size, date)
        self.messages[m.uid] = m
        self.uidnext += 1
        return m

    def remove(self, uids):
        return [self.messages.pop(uid) for uid in uids if uid in self.messages]


class Entry:
    """What a session knows of the message at one sequence number."""

    def __init__(self, uid=None, flags=None):
        self.uid, self.flags = uid, flags


class View:
    """A session's sequence numbers. It changes by what the server says and by nothing else: RFC 3501 §5.2, §7.4.1."""

    def __init__(self, mailbox, read_only):
        self.mailbox, self.read_only = mailbox, read_only
        self.entries = []
        self.flags = set()  # that FLAGS names
        self.told = False  # EXISTS came

    def exists(self, n):
        must(n >= len(self.entries), 'EXISTS', n, 'is less than', len(self.entries))
        self.entries += [Entry() for _ in range(n - len(self.entries))]
        self.told = True

    def expunge(self, n, allowed):
        must(allowed, 'EXPUNGE', n, 'where it is not allowed: RFC 3501 §7.4.1')
        must(1 <= n <= len(self.entries), 'EXPUNGE', n, 'of', len(self.entries))
        entry = self.entries.pop(n - 1)
        must(entry.uid is None or entry.uid not in self.mailbox.messages, 'EXPUNGE', n, 'of a message that is there, UID', entry.uid)

    def fetch(self, n, items):
        must(1 <= n <= len(self.entries), 'FETCH of', n, 'of', len(self.entries))
        entry = self.entries[n - 1]
        uid, flags = items.get(b'UID'), items.get(b'FLAGS')
        if uid is not None:
            must(entry.uid in (None, int(uid)), 'message', n, 'had UID', entry.uid, 'and has', uid)
            entry.uid = int(uid)
            before = [e.uid for e in self.entries[:n - 1] if e.uid]
            must(not before or before[-1] < entry.uid, 'UIDs do not ascend at', n)
        if flags is not None:
            entry.flags = set(flags) - {b'\\Recent'}

    def is_behind(self):
        """Whether something has not been told."""
        return len(self.entries) != len(self.mailbox.messages) or any(
            e.uid not in self.mailbox.messages or e.flags not in (None, self.mailbox.messages[e.uid].flags) for e in self.entries)

    def number(self, uid):
        for n, entry in enumerate(self.entries, 1):
            if entry.uid == uid:
                return n
        return None

    def is_the_truth(self):
        """After everything has been told."""
        uids = self.mailbox.uids()
        named = set().union(*(m.flags for m in self.mailbox.messages.values())) if self.flags else set()
        must(named <= self.flags, 'FLAGS named', self.flags, 'and there are', named)
        must(len(self.entries) == len(uids), len(self.entries), 'messages are believed in, there are', len(uids))
        for n, (entry, uid) in enumerate(zip(self.entries, uids), 1):
            must(entry.uid in (None, uid), 'message', n, 'is UID', uid, 'and is believed to be', entry.uid)
            entry.uid = uid
            flags = self.mailbox.messages[uid].flags
            must(entry.flags in (None, flags), 'message', n, 'UID', uid, 'has', flags, 'and is believed to have', entry.flags)
