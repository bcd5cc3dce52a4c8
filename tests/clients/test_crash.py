"""kill -9 of the whole server under load: what was acknowledged is there once, with its flags, and nothing else is.
The load: deliveries by LMTP from four threads, and changes of flags by IMAP."""
import re
import smtplib
import threading
import time

import pytest

from post import Post, message
from served import until

pytestmark = pytest.mark.barid_only('kills it')
THREADS, ROUNDS = 4, 5


class Deliverer(threading.Thread):
    """Delivers until the server is gone. What got 250 must be there; what got no answer may be."""

    def __init__(self, server, account, name):
        super().__init__(daemon=True)
        self.server, self.account, self.stem = server, account, name
        self.sent, self.acknowledged = [], []

    def run(self):
        try:
            with smtplib.LMTP('127.0.0.1', self.server.ports['lmtp'], timeout=30) as lmtp:
                for n in range(100_000):
                    subject = '%s-%d' % (self.stem, n)
                    text = 'x' * 70 + '\n'
                    self.sent.append(subject)
                    if lmtp.sendmail('a@example.net', [self.account.address], message(subject, text * (n % 50))) == {}:
                        self.acknowledged.append(subject)
        except (OSError, smtplib.SMTPException):
            pass


class Flagger(threading.Thread):
    """Gives each message the keyword of a step, one after the other; knows which steps were acknowledged."""

    def __init__(self, post, step, count):
        super().__init__(daemon=True)
        self.post, self.step, self.count = post, step, count
        self.asked, self.acknowledged = [], []

    def run(self):
        try:
            c = self.post.imap('marked')
            for uid in range(1, self.count + 1):
                self.asked.append(uid)
                if c.uid('STORE', str(uid), '+FLAGS.SILENT', '(k%d)' % self.step)[0] == 'OK':
                    self.acknowledged.append(uid)
        except Exception:  # noqa: BLE001 (imaplib has many words for a lost connection)
            pass


def subjects(found):
    return [re.search(rb'(?im)^subject: *(\S+)', raw)[1].decode() for _, _, raw in found]


@pytest.mark.parametrize('where', ['few', 'more'])
def test_nothing_that_was_acknowledged_is_lost(own_server, where):
    server = own_server()
    server.up()
    inbox, marked = server.new_account(), server.new_account()
    post, marks = Post(server, inbox), Post(server, marked)
    marks.create('marked')
    marks.append(*[message('m%d' % n) for n in range(1, 201)], mailbox='marked')
    server.stop()
    server.again()
    sent, acknowledged, kept_flags, asked_flags = set(), set(), {}, {}
    for turn in range(ROUNDS if where == 'more' else 2):
        threads = [Deliverer(server, inbox, 'r%d-t%d' % (turn, n)) for n in range(THREADS)]
        flagger = Flagger(marks, turn, 200)
        for t in [*threads, flagger]:
            t.start()
        enough = 5 + 17 * turn
        until(lambda: sum(len(t.acknowledged) for t in threads) >= enough and len(flagger.acknowledged) >= enough, 30)
        server.kill_all()
        for t in [*threads, flagger]:
            t.join(30)
            assert not t.is_alive()
        server.again()
        sent |= {s for t in threads for s in t.sent}
        acknowledged |= {s for t in threads for s in t.acknowledged}
        for uid in flagger.asked:
            asked_flags.setdefault(uid, set()).add('k%d' % turn)
        for uid in flagger.acknowledged:
            kept_flags.setdefault(uid, set()).add('k%d' % turn)
        found = subjects(post.look())
        assert len(found) == len(set(found)), 'twice: %s' % sorted(s for s in found if found.count(s) > 1)
        assert acknowledged <= set(found), 'lost: %s' % sorted(acknowledged - set(found))
        assert set(found) <= sent, 'from nowhere: %s' % sorted(set(found) - sent)
        acknowledged |= set(found)  # what was seen stays
        there = marks.look('marked')
        assert [uid for uid, _, _ in there] == list(range(1, 201))
        for uid, flags, _ in there:
            assert kept_flags.get(uid, set()) <= flags <= asked_flags.get(uid, set()), (uid, flags)
            kept_flags[uid] = set(flags)
    assert server.run('status').returncode == 0


def test_uids_and_uidvalidity_outlive_a_kill(own_server):
    server = own_server()
    server.up()
    account = server.new_account()
    server.stop()
    server.again()
    post = Post(server, account)
    post.append(message('one'), message('two'))
    c = post.imap('INBOX')
    validity = c.untagged_responses['UIDVALIDITY']
    c.store('2', '+FLAGS', '(\\Deleted)')
    c.expunge()
    server.kill_all()
    server.again()
    post.append(message('three'))
    assert [uid for uid, _, _ in post.look()] == [1, 3]
    assert post.imap('INBOX').untagged_responses['UIDVALIDITY'] == validity


def test_a_store_that_was_killed_checks_out(own_server):
    server = own_server()
    server.up()
    account = server.new_account()
    server.stop()
    server.again()
    thread = Deliverer(server, account, 'm')
    thread.start()
    until(lambda: len(thread.acknowledged) > 20)
    server.kill_all()
    thread.join()
    started = time.monotonic()
    done = server.run('check', '--deep')
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    assert time.monotonic() - started < 30
