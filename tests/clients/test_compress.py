"""COMPRESS=DEFLATE (RFC 4978) with Python's imaplib over a socket that compresses."""
import imaplib
import zlib

import pytest

from post import lenient, message


class Deflated:
    """A file and a socket at once: what imaplib reads from and writes to."""

    def __init__(self, sock):
        self.sock, self.plain = sock, b''
        self.out = zlib.compressobj(wbits=-15)
        self.into = zlib.decompressobj(wbits=-15)
        self.wire = 0  # octets that came

    def more(self):
        data = self.sock.recv(65536)
        assert data, 'the server has closed'
        self.wire += len(data)
        self.plain += self.into.decompress(data)

    def read(self, n):
        while len(self.plain) < n:
            self.more()
        data, self.plain = self.plain[:n], self.plain[n:]
        return data

    def readline(self, *_):
        while b'\n' not in self.plain:
            self.more()
        return self.read(self.plain.index(b'\n') + 1)

    def sendall(self, data):
        self.sock.sendall(self.out.compress(data) + self.out.flush(zlib.Z_SYNC_FLUSH))

    def shutdown(self, _):
        """imaplib closes its file, which is this very object, before."""

    def close(self):
        self.sock.close()


def connect(server, account, tls):
    c = imaplib.IMAP4_SSL('localhost', server.ports['imaps'], ssl_context=lenient(), timeout=20) if tls \
        else imaplib.IMAP4('localhost', server.ports['imap'], timeout=20)
    c.login(account.user, account.password)
    imaplib.Commands.setdefault('COMPRESS', ('AUTH', 'SELECTED'))
    assert c._simple_command('COMPRESS', 'DEFLATE')[0] == 'OK'
    c.file = c._file = c.sock = Deflated(c.sock)
    return c


@pytest.mark.parametrize('tls', [False, True])
def test_mail_both_ways(server, account, tls):
    c = connect(server, account, tls)
    text = message('large', 'the same line again and again\n' * 100_000)
    assert c.append('INBOX', None, None, text)[0] == 'OK'
    assert c.select()[1] == [b'1']
    before = c.sock.wire
    data = c.fetch('1', '(BODY.PEEK[])')[1][0][1]
    assert data == text.replace(b'\r\n', b'\n').replace(b'\n', b'\r\n')
    assert c.sock.wire - before < len(data) // 20
    for _ in range(300):  # each batch of answers is flushed; the state between them is given up
        assert c.noop()[0] == 'OK'
    kind, answer = c._simple_command('COMPRESS', 'DEFLATE')
    assert kind == 'NO' and b'COMPRESSIONACTIVE' in answer[0]
    assert c.logout()[0] == 'BYE'


def test_many_commands_in_one_packet(server, account):
    c = connect(server, account, False)
    c.sock.sendall(b''.join(b'x%d NOOP\r\n' % i for i in range(5000)))
    for i in range(5000):
        assert c.sock.readline().startswith(b'x%d OK' % i)
    c.logout()


def test_news_in_idle(server, account, post):
    c = connect(server, account, False)
    c.select()
    c.sock.sendall(b'i IDLE\r\n')
    assert c.sock.readline().startswith(b'+ ')
    for n in range(1, 4):
        post.deliver(message('news', 'x\n'))
        assert c.sock.readline() == b'* %d EXISTS\r\n' % n
        assert c.sock.readline().startswith(b'* %d RECENT' % n)
    c.sock.sendall(b'DONE\r\n')
    assert c.sock.readline().startswith(b'i OK')
    c.logout()


def test_no_deflate_ends_the_session(server, account):
    c = connect(server, account, False)
    c.sock.sock.sendall(b'a NOOP\r\n' * 10)
    line = c.sock.readline()
    assert line.startswith(b'* BYE')
