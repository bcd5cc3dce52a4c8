"""Clients that ask for too much: each is answered in its protocol's terms or hung up on, takes bounded memory and no more time than it sends bytes, and
somebody else is served meanwhile."""
import base64
import os
import random
import smtplib
import socket
import ssl
import threading
import time
import zlib
from pathlib import Path

import pytest

from barid import PASSWORD, PROGRAM, until

MB = 1 << 20
# a sanitizer keeps what is freed, and more beside what is not
SANITIZED = b'__asan_init' in Path(PROGRAM).read_bytes() if Path(PROGRAM).exists() else False


def processes(server):
    return [p['pid'] for p in server.status()['processes']]


def memory(server):
    """PSS of all processes but super, in octets."""
    total = 0
    for pid in processes(server):
        with open('/proc/%d/smaps_rollup' % pid) as f:
            total += sum(int(line.split()[1]) * 1024 for line in f if line.startswith('Pss:'))
    return total


def cpu(server):
    """Seconds of processor, of all processes."""
    total = 0
    for pid in processes(server):
        with open('/proc/%d/stat' % pid) as f:
            fields = f.read().rpartition(')')[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf('SC_CLK_TCK')


class Line:
    """A connection by hand."""

    def __init__(self, server, listener, login=True):
        self.socket = socket.create_connection(('127.0.0.1', server.ports[listener]), timeout=20)
        self.file = self.socket.makefile('rb')
        self.file.readline()
        if login and listener == 'imap':
            assert self.ask(b'a LOGIN anna ' + PASSWORD.encode()).startswith(b'a OK')
        if login and listener == 'pop3':
            assert self.ask(b'USER anna').startswith(b'+OK') and self.ask(b'PASS ' + PASSWORD.encode()).startswith(b'+OK')

    def send(self, data):
        """As much as the server takes; False: it hung up."""
        try:
            self.socket.sendall(data)
            return True
        except (ConnectionError, TimeoutError):
            return False

    def ask(self, line, tag=b''):
        self.send(line + b'\r\n')
        return self.answer(tag or (line.split(b' ')[0] if line[:1].islower() else b''))

    def answer(self, tag=b''):
        """The next line, or the one with the tag (or BYE, or b'' when it was hung up, or None when nothing comes)."""
        try:
            while True:
                line = self.file.readline()
                if not line or not tag or line.startswith((tag + b' ', b'* BYE')):
                    return line
        except ConnectionError:
            return b''
        except TimeoutError:
            return None

    def close(self):
        self.socket.close()


class Neighbour(threading.Thread):
    """Somebody else, who notices how long each NOOP takes."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.line = Line(server, 'imap', False)
        assert self.line.ask(b'a LOGIN ben ' + PASSWORD.encode()).startswith(b'a OK')
        assert self.line.ask(b'b SELECT INBOX').startswith(b'b OK')
        self.longest, self.count, self.over = 0, 0, False

    def run(self):
        while not self.over:
            began = time.monotonic()
            assert self.line.ask(b'n NOOP').startswith(b'n OK')
            self.longest = max(self.longest, time.monotonic() - began)
            self.count += 1
            time.sleep(0.01)

    def done(self):
        self.over = True
        self.join(20)
        self.line.close()
        assert self.count > 0 and self.longest < 5, self.longest


@pytest.fixture
def harmless(server, monkeypatch):
    """Checks that what happens in `with` grows the server by so many octets at most, and that a neighbour is served."""
    server.settings.update(shards=1, fronts=1)
    monkeypatch.setenv('ASAN_OPTIONS', os.environ.get('ASAN_OPTIONS', '') + ':quarantine_size_mb=1')
    server.up()
    for name in ('anna', 'ben'):
        server.account(name)
    before = {(p['role'], p['index']): p['pid'] for p in server.status()['processes']}

    class Harmless:
        def __init__(self, most):
            self.most = most * 4 if SANITIZED else most

        def __enter__(self):
            self.neighbour = Neighbour(server)
            self.neighbour.start()
            self.before = memory(server)
            return self

        def __exit__(self, kind, *_):
            grown = memory(server) - self.before
            self.neighbour.done()
            if kind is None:
                assert grown < self.most, 'grew by %.1f MB' % (grown / MB)
                now = {(p['role'], p['index']): p['pid'] for p in server.status()['processes']}
                assert now == before, server.log()[-3000:]
    return Harmless


def linear(server, work, n):
    """The time of twice as much is not much more than twice the time."""
    def spent(size):
        began = cpu(server)
        work(size)
        return cpu(server) - began
    once, twice = spent(n), spent(2 * n)
    assert twice < 4 * once + 0.3, '%d: %.2f s, %d: %.2f s' % (n, once, 2 * n, twice)


def test_before_login(server, harmless):
    endless = b'x' * 65536
    with harmless(8 * MB):
        for first in (b'a LOGIN {1000000000}\r\n', b'a LOGIN {1000000000+}\r\n', b'a CAPABILITY ', b'a LOGIN "', b'{99999999999999999999}\r\n'):
            c = Line(server, 'imap', False)
            c.send(first)
            for _ in range(64):
                c.send(endless)
            c.socket.settimeout(0.2)  # it may all be passed over to its end, login_timeout permitting, before there is an answer
            said = c.answer()
            assert not said or said.startswith((b'a BAD', b'* BAD', b'* BYE', b'a NO')), (first, said)
            c.close()
        c = Line(server, 'imap', False)
        c.send(b'a AUTHENTICATE PLAIN\r\n')
        assert c.answer().startswith(b'+')
        c.send(base64.b64encode(b'\0anna\0' + b'p' * 10 * MB) + b'\r\n')
        said = c.answer()
        assert not said or said.startswith((b'a BAD', b'a NO', b'* BYE', b'* BAD')), said
        c.close()
        for listener, first in (('pop3', b'USER '), ('lmtp', b'LHLO ')):
            c = Line(server, listener, False)
            c.send(first)
            for _ in range(64):
                c.send(endless)
            c.close()


def test_handshakes_that_never_end(server, harmless):
    with harmless(64 * MB):
        half = []
        for n in range(400):
            s = socket.create_connection(('127.0.0.1', server.ports['imaps']), 10)
            s.sendall(b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'[:n % 12])
            half.append(s)
        for n in range(100):
            c = Line(server, 'imap', False)
            c.ask(b'a STARTTLS')
            half.append(c.socket)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(socket.create_connection(('127.0.0.1', server.ports['imaps']), 10)) as s:
            assert s.recv(100).startswith(b'* OK')
        for s in half:
            s.close()


COMMANDS = {
    'nested parentheses': lambda n: b'a SEARCH ' + b'(' * n + b'ALL' + b')' * n,
    'nested NOT': lambda n: b'a SEARCH ' + b'NOT ' * n + b'ALL',
    'nested OR': lambda n: b'a SEARCH ' + b'OR SEEN ' * n + b'ALL',
    'keys': lambda n: b'a SEARCH ' + b'SEEN ' * n + b'ALL',
    'text keys': lambda n: b'a SEARCH ' + b'BODY xyz ' * n + b'ALL',
    'numbers': lambda n: b'a FETCH ' + b','.join(b'%d' % (i * 2 + 1) for i in range(n)) + b' FLAGS',
    'ranges': lambda n: b'a UID FETCH ' + b','.join([b'1:*'] * n) + b' FLAGS',
    'items': lambda n: b'a FETCH 1 (' + b' '.join([b'FLAGS'] * n) + b')',
    'sections': lambda n: b'a FETCH 1 (' + b' '.join([b'BODY.PEEK[1.2.3.4]'] * n) + b')',
    'deep section': lambda n: b'a FETCH 1 BODY[' + b'.'.join([b'1'] * n) + b']',
    'wildcards': lambda n: b'a LIST "" ' + b'*%' * n + b'x',
    'flags': lambda n: b'a STORE 1 +FLAGS (' + b' '.join(b'k%d' % i for i in range(n)) + b')',
    'name': lambda n: b'a CREATE ' + b'/'.join([b'x'] * n),
    'shifted name': lambda n: b'a CREATE ' + b'&Jjo-' * n,
    'fields': lambda n: b'a FETCH 1 BODY[HEADER.FIELDS (' + b' '.join([b'Subject'] * n) + b')]',
    'sort keys': lambda n: b'a SORT (' + b' '.join([b'REVERSE DATE'] * n) + b') UTF-8 ALL',
    'mailboxes': lambda n: b'a LIST "" (' + b' '.join([b'*'] * n) + b')',
}


@pytest.mark.parametrize('size', [1000, 10000, 1000000])
def test_commands_that_are_too_large(server, harmless, size):
    """A million is four megabytes and more of one command: past its budget it is refused while it still comes."""
    with harmless(24 * MB):
        c = Line(server, 'imap')
        c.send(b'x APPEND INBOX {20+}\r\nSubject: x\r\n\r\nhello\r\n\r\n')
        assert c.answer(b'x').startswith(b'x OK')
        assert c.ask(b's SELECT INBOX').startswith(b's OK')
        for name, make in COMMANDS.items():
            began = cpu(server)
            said = c.ask(make(size), b'a')
            if not said.startswith((b'a OK', b'a NO', b'a BAD')):
                assert said.startswith(b'* BYE') or not said, (name, said)
                c.close()
                c = Line(server, 'imap')
                assert c.ask(b's SELECT INBOX').startswith(b's OK')
            assert c.ask(b'n NOOP').startswith(b'n OK'), name
            assert cpu(server) - began < 3, name
        c.close()


def test_a_client_that_never_reads(server, harmless):
    c = Line(server, 'imap')
    body = b'Subject: x\r\n\r\n' + b'0123456789' * 7 * 30000
    c.send(b'x APPEND INBOX {%d+}\r\n' % len(body) + body + b'\r\n')
    assert c.answer(b'x').startswith(b'x OK')
    with harmless(32 * MB):
        deaf = []
        for n in range(30):
            d = Line(server, 'imap')
            assert d.ask(b's SELECT INBOX').startswith(b's OK')
            d.socket.settimeout(0.2)
            d.send(b'f FETCH 1 BODY.PEEK[]\r\n' * 50)
            deaf.append(d)
        for n in range(5):
            p = Line(server, 'pop3')
            p.socket.settimeout(0.2)
            p.send(b'RETR 1\r\n' * 50)
            deaf.append(p)
        d = Line(server, 'imap')
        d.socket.settimeout(0.5)
        d.send(b'n NOOP\r\n' * 200000)
        deaf.append(d)
        time.sleep(0.5)
    for d in deaf:
        d.close()
    c.close()


def test_compressed_zeros(server, harmless):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b'a APPEND INBOX {1000000000}' + b'\0' * 64 * MB) + packer.flush(zlib.Z_SYNC_FLUSH)
    assert len(bomb) < 100000
    with harmless(16 * MB):
        for _ in range(3):
            c = Line(server, 'imap')
            assert c.ask(b'z COMPRESS DEFLATE').startswith(b'z OK')
            c.send(bomb)
            c.socket.settimeout(1)
            try:
                while c.socket.recv(65536):
                    pass
            except TimeoutError:
                pass
            c.close()


def test_messages_that_are_too_deep(server, harmless):
    def mail(n):
        deep = b'From: a@b\r\nSubject: deep\r\n'
        deep += b''.join(b'Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n' % (i, i) for i in range(n)) + b'\r\nx\r\n'
        letters = b''.join(b'Content-Type: message/rfc822\r\n\r\nSubject: %d\r\n' % i for i in range(n)) + b'\r\nx\r\n'
        fields = b''.join(b'X-%d: y\r\n' % i for i in range(n * 10)) + b'\r\nx\r\n'
        parts = b'Content-Type: multipart/mixed; boundary=b\r\n\r\n' + b'--b\r\n\r\nx\r\n' * n + b'--b--\r\n'
        addresses = b'To: ' + b', '.join(b'U <u%d@example.org>' % i for i in range(n)) + b'\r\n\r\nx\r\n'
        folded = b'Subject: ' + b'x\r\n ' * n + b'x\r\n\r\nx\r\n'
        words = b'Subject: ' + b'=?utf-8?Q?x?= ' * n + b'\r\n\r\nx\r\n'
        return [deep, letters, fields, parts, addresses, folded, words]

    def work(n):
        with smtplib.LMTP('127.0.0.1', server.ports['lmtp'], timeout=60) as lmtp:
            for m in mail(n):
                lmtp.sendmail('a@b.example', ['anna'], m)
        c = Line(server, 'imap')
        assert c.ask(b's SELECT INBOX').startswith(b's OK')
        for command in (b'FETCH 1:* (ENVELOPE BODYSTRUCTURE)', b'FETCH 1:* BODY.PEEK[1.1.1.1.1.1.1]', b'SEARCH SUBJECT xyz', b'SEARCH TEXT xyz',
                        b'SORT (SUBJECT) UTF-8 ALL', b'FETCH 1:* PREVIEW'):
            c.send(b'c ' + command + b'\r\n')
            assert c.answer(b'c').startswith(b'c OK'), command
        c.send(b'd STORE 1:* +FLAGS.SILENT (\\Deleted)\r\ne EXPUNGE\r\n')
        assert c.answer(b'e').startswith(b'e OK')
        c.close()

    with harmless(64 * MB):
        work(500)
        linear(server, work, 5000)


def test_recipients(server, harmless):
    with harmless(24 * MB):
        for count in (2000, 100000):
            c = Line(server, 'lmtp', False)
            c.send(b'LHLO x\r\nMAIL FROM:<a@b.example>\r\n')
            sender = threading.Thread(target=lambda: c.send(b'RCPT TO:<anna>\r\n' * count + b'QUIT\r\n'), daemon=True)
            sender.start()
            said = [c.answer()[:4]]
            while said[-1] not in (b'', b'221 '):
                said.append((c.answer() or b'')[:4])
            sender.join(20)
            c.close()
            # some hundred are taken; who goes on all the same is hung up on in the end
            assert said.count(b'250 ') < 1000 and (count > 2000 or said[-2:] == [b'452 ', b'221 ']), said[-3:]


def test_guesses_every_millisecond(server, harmless):
    server.settings['auth_failure_delay'] = '2s'
    over = []

    def guess(seed):
        chance = random.Random(seed)
        while not over:
            try:
                c = Line(server, 'imap', False)
                c.send(b'a LOGIN %s guess%d\r\n' % (chance.choice([b'anna', b'nobody%d' % chance.randrange(1000)]), chance.randrange(10**6)))
                c.close()
            except OSError:
                pass
            time.sleep(0.008)

    with harmless(64 * MB):
        guessers = [threading.Thread(target=guess, args=(n,), daemon=True) for n in range(8)]
        for t in guessers:
            t.start()
        waited = []
        for _ in range(2):
            time.sleep(0.3)
            began = time.monotonic()
            c = Line(server, 'imap', False)
            assert c.ask(b'a LOGIN ben ' + PASSWORD.encode()).startswith(b'a OK')
            waited.append(time.monotonic() - began)
            c.close()
        over.append(True)
        for t in guessers:
            t.join()
        assert max(waited) < 10, waited
    until(lambda: all(p['connections'] <= 1 for p in server.status()['processes']), 30)
