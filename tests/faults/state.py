"""What a fresh client finds in an account, and whether that is what a transcript may have left there."""
import hashlib
import re
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / 'player'))
from client import Imap, SetUpError  # noqa: E402
from wire import Connection, WireError  # noqa: E402

LISTED = re.compile(r'\* L(IST|SUB) \(([^)]*)\) (?:"/"|NIL) (.*)$', re.S)
FETCHED = re.compile(r'\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\) BODY\[\] (.*)\)$', re.S)
TRACE = re.compile(r'(?:(?:Return-Path|Delivered-To|Received):[^\r]*\r\n(?:[ \t][^\r]*\r\n)*)+')  # what a delivery puts before a message
PATIENCE = 20


class Unreadable(Exception):
    """Service does not resume."""


class State:
    """`boxes`: {name: {uid: (digest of the bytes, flags)}}, `subscribed`: names."""

    def __init__(self, boxes, subscribed):
        self.boxes, self.subscribed = boxes, subscribed

    def __eq__(self, other):
        return (self.boxes, self.subscribed) == (other.boxes, other.subscribed)

    def facts(self):
        """Each a thing that is true by itself, so that two commands that were under way may have happened in any combination."""
        out = {('mailbox', name) for name in self.boxes} | {('subscribed', name) for name in self.subscribed}
        for name, messages in self.boxes.items():
            for uid, (digest, flags) in messages.items():
                out.add(('message', name, uid, digest))
                out.add(('flags', name, uid, flags))
        return out

    def most(self):
        """How often each message stands in a mailbox."""
        return Counter((name, digest) for name, messages in self.boxes.items() for digest, _ in messages.values())


def names(lines):
    """As they are told, quotes and all."""
    found = (LISTED.match(line) for line in lines)
    return [m[3] for m in found if m and (m[1] == 'SUB' or '\\Noselect' not in m[2])]


def digest(literal, account):
    text = TRACE.sub('', literal.partition('\r\n')[2], 1) if literal.startswith('{') else literal
    return hashlib.sha1(text.replace(account.address, 'whoever').encode('latin-1')).hexdigest()[:12]


def read(server, account, source):
    wire = Connection(server.host, server.ports['imap'], False, 'whole', 10, source)
    try:
        imap = Imap(wire)
        imap.login(account)
        boxes = {name: {} for name in names(imap.command('LIST "" "*"'))}
        subscribed = frozenset(names(imap.command('LSUB "" "*"')))
        for name, messages in boxes.items():
            imap.command('EXAMINE ' + name)
            for line in imap.command('UID FETCH 1:* (UID FLAGS BODY.PEEK[])'):
                found = FETCHED.match(line)
                if found:
                    flags = frozenset(found[2].split()) - {'\\Recent'}
                    messages[int(found[1])] = digest(found[3], account), flags
        return State(boxes, subscribed)
    finally:
        wire.close()


def read_patiently(server, account, source):
    """Once what died is back."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return read(server, account, source)
        except (SetUpError, WireError, OSError) as error:
            if time.monotonic() > deadline:
                raise Unreadable('for %d s nobody can look at the account: %s' % (PATIENCE, error))
            time.sleep(0.02)


def difference(found, before, after, several=False):
    """None when each fact of what was found is one of `before` (all that was acknowledged) or of one of `after` (what may have been done
    besides), and nothing that all of them have is missing. `several`: commands were sent at once, and between them flags may have been others."""
    if any(found == state for state in (before, *after)):
        return None
    sure = before.facts().intersection(*(state.facts() for state in after))
    possible = before.facts().union(*(state.facts() for state in after))
    there = found.facts()
    for word, facts in (('lost', sure - there), ('risen', there - possible)):
        if several:
            facts = {fact for fact in facts if fact[0] != 'flags'}
        if facts:
            return '%s: %s' % (word, sorted(map(str, facts))[:4])
    most = before.most()
    for state in after:
        most |= state.most()
    doubled = found.most() - most
    return 'doubled: %s' % sorted(doubled)[:4] if doubled else None
