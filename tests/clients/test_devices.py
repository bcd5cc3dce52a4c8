"""Two devices of one account: what one does, the other is told at once while it idles, without asking."""
import re
import socket
import time

import pytest

from post import message
from served import until

AT_ONCE = 1.0


class Idler:
    """A device in IDLE, which only listens."""

    def __init__(self, post, mailbox='INBOX'):
        self.sock = socket.create_connection(('127.0.0.1', post.server.ports['imap']), 20)
        self.lines = self.sock.makefile('rb')
        self.lines.readline()
        self.command('a LOGIN "%s" "%s"' % (post.account.user, post.account.password))
        self.opened = self.command('b SELECT "%s"' % mailbox)
        self.sock.sendall(b'c IDLE\r\n')
        assert self.lines.readline().startswith(b'+')

    def command(self, text):
        self.sock.sendall(text.encode() + b'\r\n')
        got = []
        while not got or not got[-1].startswith(text.split()[0] + ' '):
            got.append(self.lines.readline().decode().rstrip())
            assert got[-1], 'closed'
        assert ' OK' in got[-1], got
        return got

    def hears(self, pattern, seconds=AT_ONCE, since=None):
        """The first line that fits; all of it within `seconds` since the change was made."""
        end = (since or time.monotonic()) + seconds
        passed = []
        while True:
            self.sock.settimeout(max(0.001, end - time.monotonic()))
            try:
                line = self.lines.readline().decode().rstrip()
            except TimeoutError:
                pytest.fail('did not hear %s; heard %s' % (pattern, passed))
            assert line, 'closed'
            if re.match(pattern, line):
                return line
            passed.append(line)

    def done(self):
        self.sock.settimeout(20)
        self.sock.sendall(b'DONE\r\nd NOOP\r\n')
        while not self.lines.readline().startswith(b'd OK'):
            pass
        self.sock.close()


@pytest.fixture
def two(post):
    post.append(message('one'), message('two'), message('three'))
    idler = Idler(post)
    device = post.imap('INBOX')
    device.noop()
    yield idler, device
    idler.done()


def test_a_flag(two):
    idler, device = two
    for name in ('\\Seen', '\\Flagged', '$Label1'):
        device.store('2', '+FLAGS.SILENT', '(%s)' % name)
        assert name in idler.hears(r'\* 2 FETCH \(.*FLAGS \(', since=time.monotonic())
    device.store('2', '-FLAGS.SILENT', '(\\Seen)')
    assert '\\Seen' not in idler.hears(r'\* 2 FETCH \(.*FLAGS \(')


def test_a_message_moved_away(two):
    idler, device = two
    assert device._simple_command('MOVE', '2', 'Archive')[0] == 'OK'
    idler.hears(r'\* 2 EXPUNGE')


def test_a_message_moved_here(post):
    post.append(message('one'))
    idler = Idler(post, 'Archive')
    device = post.imap('INBOX')
    assert device._simple_command('MOVE', '1', 'Archive')[0] == 'OK'
    idler.hears(r'\* 1 EXISTS')
    idler.done()


def test_messages_deleted(two):
    idler, device = two
    device.store('1,3', '+FLAGS.SILENT', '(\\Deleted)')
    since = time.monotonic()
    assert device.expunge()[0] == 'OK'
    gone = [int(idler.hears(r'\* \d+ EXPUNGE', since=since).split()[1]) for _ in (1, 2)]
    left = [1, 2, 3]
    for n in gone:
        del left[n - 1]
    assert left == [2]


def test_a_message_delivered(two, post):
    idler, _ = two
    post.deliver(message('four'))
    idler.hears(r'\* 4 EXISTS')


def test_a_message_appended_and_copied(two, post):
    idler, device = two
    device.append('INBOX', None, None, message('four'))
    idler.hears(r'\* 4 EXISTS')
    device.copy('1:2', 'INBOX')
    idler.hears(r'\* 6 EXISTS')


def test_a_message_taken_by_pop(two, post):
    import poplib
    idler, _ = two
    pop = poplib.POP3('127.0.0.1', post.server.ports['pop3'], timeout=20)
    pop.user(post.account.user)
    pop.pass_(post.account.password)
    pop.dele(3)
    pop.quit()
    idler.hears(r'\* 3 EXPUNGE')


def test_many_devices_hear_it(post):
    post.append(message('one'))
    idlers = [Idler(post) for _ in range(10)]
    device = post.imap('INBOX')
    since = time.monotonic()
    device.store('1', '+FLAGS.SILENT', '(\\Flagged)')
    for idler in idlers:
        idler.hears(r'\* 1 FETCH .*\\Flagged', 2 * AT_ONCE, since)
    for idler in idlers:
        idler.done()
