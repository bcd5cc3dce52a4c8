#!/usr/bin/python3
"""Lets each kind of fault meet the Nth call of a little work over LMTP, IMAP and POP3, N walking over all calls of it, and looks whether the answers
are those that a failing disk may have, whether the session lives on where it can, whether all that was acknowledged is there, once, and
whether service resumes.

    tests/faults/walk.py                    one call of each (about 6 s: what dies is started anew at once); --sample N: N of each
    tests/faults/walk.py --all              every call (about 5 minutes, with the pauses of a real server)
    tests/faults/walk.py sync=eio           only these; -v says each
"""
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'system')]
os.environ.setdefault('BARID', str(Path(os.environ.get('BARID_BUILD') or HERE.parents[1] / 'build').resolve() / 'barid-faulty'))
from barid import Barid, until  # noqa: E402
import walking  # noqa: E402
from table import Table  # noqa: E402
from work import Gone, Imap, Lmtp, Pop3, Wrong, patiently, session  # noqa: E402

# those after which the store cannot know what is on the disk: its sessions end
BREAKING = [(call, what) for call in ('write', 'sync', 'sync-dir') for what in ('eio', 'unknown')] + [
    ('write', 'short'), ('write', 'full'), ('sync', 'enospc'), ('open', 'eio'), ('kv-write', 'eio'), ('kv-write', 'enomem'),
    ('kv-write', 'unknown'), ('kv-write', 'corrupt'), ('kv-get', 'corrupt'), ('kv-scan', 'corrupt')]
# those that cost one answer, or nothing
BORNE = [('read', 'eio'), ('read-cached', 'eio'), ('read-cached', 'pending'), ('kv-get', 'eio'), ('kv-get', 'enomem'), ('kv-scan', 'eio'),
         ('kv-scan', 'enomem'), ('kv-flush', 'eio'), ('sync', 'stall:50'), ('write', 'stall:50'), ('kv-write', 'stall:50'),
         ('write', 'eintr'), ('write', 'part'), ('sync', 'eintr'), ('read-cached', 'eintr'), ('read-cached', 'part'), ('remove', 'eio')]
DEADLY = [(call, what) for call in ('write', 'sync', 'sync-dir', 'kv-write') for what in ('kill', 'kill-after')]
USERS = ('anna', 'ben')


class Round:
    """One round of the work, with names that no other round has; and what it may have left behind."""
    number = 0

    def __init__(self, server, lives_on, may_double=False):
        Round.number += 1
        self.server, self.lives_on, self.name = server, lives_on, 'r%05d' % Round.number
        self.promised, self.possible = set(), set()  # (user, mailbox, subject)
        self.boxes = set()
        self.again = []  # (user, what, size): the MTA tries these again
        self.may_double = may_double

    def subject(self, what):
        return '%s-%s' % (self.name, what)

    def message(self, what, size=300):
        line = b'The quick brown fox jumps over the lazy dog.\r\n'
        return b'Subject: %s\r\n\r\n%s' % (self.subject(what).encode(), line * (size // len(line)))

    def note(self, key, answered):
        (self.promised if answered else self.possible).add(key)

    def lmtp(self):
        for what, size in (('lmtp', 300), ('long', 300000)):
            line = Lmtp(self.server.ports['lmtp'])
            codes = line.deliver(self.message(what, size), *USERS)
            line.close()
            for user, code in zip(USERS, codes):
                self.note((user, 'INBOX', self.subject(what)), code == 250)
                if code != 250:
                    self.again.append((user, what, size))

    def deliver_again(self):
        """As an MTA does with what was answered 451, 452 or not at all."""
        for user, what, size in self.again:
            def try_it():
                line = Lmtp(self.server.ports['lmtp'])
                code, = line.deliver(self.message(what, size), user)
                line.close()
                return True if code == 250 else None
            patiently(try_it)
            self.promised.add((user, 'INBOX', self.subject(what)))

    def imap(self):
        client = Imap(self.server.ports['imap'], 'anna')
        if client.login[0] != 'OK' or client.command('SELECT INBOX')[0] != 'OK':
            return
        box = 'Box-' + self.name
        try:
            self.steps(client, box)
        except Gone:
            if self.lives_on and not client.cut:
                raise Wrong('the session ended')
            raise
        client.close()

    def steps(self, client, box):
        key = ('anna', 'INBOX', self.subject('append'))
        self.possible.add(key)
        if client.command('APPEND INBOX (\\Flagged)', self.message('append'))[0] == 'OK':
            self.promised.add(key)
        if client.command('CREATE ' + box)[0] == 'OK':
            self.boxes.add(box)
        kind, found, _ = client.command('UID SEARCH SUBJECT ' + self.name)
        uids = re.findall(r'\d+', found[0].decode()) if kind == 'OK' and found else []
        if not uids:
            return
        last = uids[-1]
        client.command('UID STORE %s +FLAGS (\\Answered Todo)' % last)
        client.command('UID FETCH %s (FLAGS ENVELOPE BODY.PEEK[])' % ','.join(uids))
        copy = ('anna', box, self.subject('append'))
        if box in self.boxes and key in self.promised:
            self.possible.add(copy)
            kind, _, text = client.command('UID COPY %s %s' % (last, box))
            if kind == 'OK' and 'COPYUID' in text:
                self.promised.add(copy)
        client.command('STATUS INBOX (MESSAGES UNSEEN)')
        doomed = ('anna', 'INBOX', self.subject('doomed'))
        self.possible.add(doomed)  # before it is asked for: the server may die with the answer
        if client.command('APPEND INBOX (\\Deleted)', self.message('doomed'))[0] == 'OK':
            if client.command('EXPUNGE')[0] == 'OK':
                self.possible.discard(doomed)

    def pop3(self):
        client = Pop3(self.server.ports['pop3'], 'ben')
        if not client.good:
            return
        good, lines = client.command('LIST', many=True)
        if good and lines:
            number = lines[-1].split()[0].decode()
            client.command('RETR ' + number, many=True)
        client.command('QUIT')
        client.close()

    def work(self):
        for part in (self.lmtp, self.imap, self.pop3):
            try:
                part()
            except Gone:
                pass
            except ConnectionError:
                pass


def subjects(client, mailbox):
    if client.command('EXAMINE ' + mailbox)[0] != 'OK':
        raise Wrong('cannot look into ' + mailbox)
    kind, lines, _ = client.command('FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])')
    if kind != 'OK':
        raise Wrong('cannot read ' + mailbox)
    return re.findall(r'Subject: (\S+)', b'\n'.join(lines).decode('latin-1'))


def check(server, round_):
    """After the cause is gone: what was acknowledged is there, once; the rest once or not at all."""
    round_.deliver_again()
    for user in USERS:
        client = session(server, user)
        boxes = {'INBOX'} | (round_.boxes if user == 'anna' else set())
        for box in boxes:
            found = [s for s in subjects(client, box) if s.startswith(round_.name + '-')]
            for subject in set(found):
                if found.count(subject) > 1 and not round_.may_double:
                    raise Wrong('%s has %s %d times' % (box, subject, found.count(subject)))
                if (user, box, subject) not in round_.promised | round_.possible:
                    raise Wrong('%s has %s, which nobody put there' % (box, subject))
            for who, where, subject in round_.promised:
                if (who, where) == (user, box) and subject not in found:
                    raise Wrong('%s of %s has lost %s' % (box, user, subject))
        client.close()
    tidy(server, round_)


def tidy(server, round_):
    """So that the rounds do not add up."""
    for user in USERS:
        client = session(server, user)
        client.command('STORE 1:* +FLAGS.SILENT (\\Deleted)') if subjects_any(client) else None
        client.command('EXPUNGE')
        for box in round_.boxes if user == 'anna' else ():
            client.command('DELETE ' + box)
        client.close()


def subjects_any(client):
    return not any(line.endswith(b' 0 EXISTS') for line in client.command('SELECT INBOX')[1])


class Walk:
    def __init__(self, args):
        self.args, self.failed, self.done = args, 0, 0
        self.dir = Path(tempfile.mkdtemp(prefix='faults-'))
        self.dir.chmod(0o755)

    def start(self):
        os.environ['BARID_FAULT'] = 'table=%s/table segment=200000%s' % (self.dir, '' if self.args.all else ' hasty')
        self.server = Barid(self.dir, confine='no', shards=1, fronts=1)
        self.server.up()
        for user in USERS:
            self.server.account(user)
            subprocess.run([os.environ['BARID'], 'account', 'list', '--data', str(self.server.data)], capture_output=True)
        self.table = Table(self.dir / 'table')

    def broken_since(self, restarts):
        """The process of the shard ends half a second after its store broke; then it is started again, after a pause that doubles."""
        until(lambda: self.restarts() > restarts, 20)

    def restarts(self):
        return self.server.process_of('mail').get('restarts', 0)

    def again(self):
        """A new server on the same data: its pauses are short."""
        self.server.stop()
        self.server.out.rename(self.dir / ('log.%d' % time.monotonic_ns()))
        self.server.up()

    def count(self):
        """How many calls of each kind the work makes when nothing fails."""
        for _ in range(2):
            before = self.table.all_calls()
            round_ = Round(self.server, True)
            round_.work()
            after = self.table.all_calls()
            check(self.server, round_)
            wanted = 2 * (len(USERS)) + 2
            if len(round_.promised) < wanted:
                raise Wrong('without a fault only %d of %d are acknowledged' % (len(round_.promised), wanted))
        return {call: after[call] - before[call] for call in after}

    def numbers(self, fault, calls):
        """Which calls: all of them, or some, the same at each run."""
        if self.args.all:
            return range(1, calls + 1)
        return sorted(random.Random(fault).sample(range(1, calls + 1), min(self.args.sample, calls)))

    def check(self, round_):
        """A process that ends late takes the connections of the check along."""
        for last in (False, False, True):
            try:
                return check(self.server, round_)
            except (Gone, ConnectionError):
                if last:
                    raise Wrong('the connections of the check end')

    def one(self, call, what, number, lives_on):
        met, restarts = self.table.met(call), self.restarts()
        round_ = Round(self.server, lives_on, what.startswith('kill'))
        self.table.order('%s:%d=%s' % (call, number, what))
        try:
            round_.work()
            self.table.order('none')
            if not lives_on and self.table.met(call) > met:
                self.broken_since(restarts)
            elif self.restarts() > restarts:
                raise Wrong('the process ended')
            self.check(round_)
            if not lives_on and self.restarts() >= 4:
                self.again()
            if self.args.verbose:
                print('ok   %s:%d=%s%s' % (call, number, what, '' if self.table.met(call) > met else ' (not met)'), flush=True)
            self.done += 1
        except Wrong as wrong:
            self.failed += 1
            print('FAIL %s:%d=%s: %s' % (call, number, what, wrong), flush=True)
            self.table.order('none')
            patiently(lambda: session(self.server, 'anna'), 60).close()
        return self.table.met(call) > met

    def run(self):
        self.start()
        calls = self.count()
        if self.args.verbose:
            print('the work makes', {k: v for k, v in calls.items() if v})
        for faults, lives_on in ((BORNE, True), (BREAKING, False), (DEADLY, False)):
            for call, what in faults:
                if self.args.faults and '%s=%s' % (call, what) not in self.args.faults:
                    continue
                met = 0
                for number in self.numbers(call + what, max(calls[call], 1)):
                    met += self.one(call, what, number, lives_on)
                if calls[call] > 1 and not met:
                    self.failed += 1
                    print('FAIL %s=%s was never met' % (call, what))


if __name__ == '__main__':
    sys.exit(walking.main(Walk, __doc__))
