"""One IMAP and one POP3 connection for the model test: commands out, responses parsed. Knows no model."""
import re
import socket
import zlib
from datetime import datetime
from functools import lru_cache

TOKEN = re.compile(rb'\(|\)|"(?:[^"\\]|\\.)*"|\{(\d+)\}\r\n|[^\s()"{]+')


class Closed(Exception):
    pass


def parse(line):
    """A response line, literals included, as nested lists of bytes."""
    stack, at = [[]], 0
    while at < len(line):
        found = TOKEN.match(line, at)
        if not found:
            at += 1
            continue
        at = found.end()
        token = found.group(0)
        if found.group(1):
            n = int(found.group(1))
            stack[-1].append(line[at:at + n])
            at += n
        elif token == b'(':
            stack[-1].append([])
            stack.append(stack[-1][-1])
        elif token == b')':
            stack.pop()
        elif token[:1] == b'"':
            stack[-1].append(re.sub(rb'\\(.)', rb'\1', token[1:-1]))
        else:
            stack[-1].append(token)
    return stack[0]


def ranges(numbers):
    out = []
    for n in sorted(numbers):
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return b','.join(b'%d' % a if a == b else b'%d:%d' % (a, b) for a, b in out)


def numbers(text):
    out = []
    for part in text.split(b','):
        first, _, last = part.partition(b':')
        first, last = int(first), int(last or first)
        out += range(first, last + 1) if first <= last else range(first, last - 1, -1)
    return out


@lru_cache(1000)
def moment(text):
    """Seconds since 1970 of an INTERNALDATE."""
    return int(datetime.strptime(text.decode().strip(), '%d-%b-%Y %H:%M:%S %z').timestamp())


class Inflated:
    """What comes by RFC 4978, as a file."""

    def __init__(self, sock):
        self.sock, self.stream, self.rest = sock, zlib.decompressobj(-15), b''

    def more(self):
        data = self.sock.recv(65536)
        self.rest += self.stream.decompress(data)
        return bool(data)

    def take(self, n):
        out, self.rest = self.rest[:n], self.rest[n:]
        return out

    def readline(self):
        while b'\n' not in self.rest and self.more():
            pass
        return self.take(self.rest.find(b'\n') + 1)

    def read(self, n):
        while len(self.rest) < n and self.more():
            pass
        return self.take(n)

    def close(self):
        pass


class Lines:
    def __init__(self, host, port, log, name):
        self.sock = socket.create_connection((host, port), 20)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile('rb')
        self.log, self.name = log, name
        self.pack = bytes

    def send(self, data):
        self.log.append((self.name, '>', data))
        try:
            self.sock.sendall(self.pack(data))
        except OSError as e:
            raise Closed(str(e)) from e

    def line(self):
        try:
            line = self.file.readline()
        except OSError as e:
            raise Closed(str(e)) from e
        if not line:
            raise Closed('the server closed the connection')
        self.log.append((self.name, '<', line))
        return line

    def close(self):
        self.file.close()
        self.sock.close()


class Imap(Lines):
    def __init__(self, server, account, log, name):
        super().__init__(server.host, server.ports['imap'], log, name)
        self.count = 0
        assert self.line().startswith(b'* OK')
        self.simple(b'LOGIN %s %s' % (account.user.encode(), account.password.encode()))

    def compress(self):
        """COMPRESS=DEFLATE from here on."""
        self.simple(b'COMPRESS DEFLATE')
        self.file.close()
        self.file = Inflated(self.sock)
        stream = zlib.compressobj(6, zlib.DEFLATED, -15)
        self.pack = lambda data: stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)

    def logout(self):
        tag = self.command(b'LOGOUT')
        while not (line := self.response()).startswith(tag):
            assert line.startswith(b'* '), line
        assert line.startswith(tag + b' OK') and not self.file.readline(), line

    def response(self):
        """One response with its literals."""
        line = self.line()
        while (found := re.search(rb'\{(\d+)\}\r\n$', line)):
            line += self.file.read(int(found.group(1))) + self.line()
        return line

    def command(self, text):
        """Sends it; its tag."""
        self.count += 1
        tag = b'%s%d' % (self.name.encode(), self.count)
        self.send(tag + b' ' + text + b'\r\n')
        return tag

    def answer(self, tag):
        """(untagged lines, the tagged one without its tag)."""
        untagged = []
        while True:
            line = self.response()
            if line.startswith(tag + b' '):
                return untagged, line[len(tag) + 1:].rstrip()
            if line.startswith(b'* BYE'):
                raise Closed(line.decode(errors='replace'))
            assert line[:2] in (b'* ', b'+ '), line
            untagged.append(line)

    def simple(self, text):
        untagged, end = self.answer(self.command(text))
        assert end.startswith(b'OK'), (text, end)
        return untagged, end


class Pop3(Lines):
    def __init__(self, server, account, log, name, device=''):
        super().__init__(server.host, server.ports['pop3'], log, name)
        assert self.line().startswith(b'+OK')
        self.ask(b'USER ' + account.user.encode() + (b'/' + device.encode() if device else b''))
        self.ask(b'PASS ' + account.password.encode())

    def reply(self, many=False):
        """(status line, the lines that follow it)."""
        first, lines = self.line().rstrip(), []
        while many and first.startswith(b'+OK') and (line := self.line()) != b'.\r\n':
            lines.append(line[1:] if line.startswith(b'.') else line)
        return first, lines

    def ask(self, text):
        self.send(text + b'\r\n')
        first, _ = self.reply()
        assert first.startswith(b'+OK'), (text, first)
        return first


class Lmtp(Lines):
    def __init__(self, server, log, name):
        super().__init__(server.host, server.ports['lmtp'], log, name)
        self.reply(b'220')
        self.ask(b'LHLO model', b'250')

    def reply(self, code):
        while True:
            line = self.line()
            assert line.startswith(code), line
            if line[3:4] == b' ':
                return line

    def ask(self, text, code):
        self.send(text + b'\r\n')
        return self.reply(code)

    def deliver(self, address, message):
        self.ask(b'MAIL FROM:<model@example.org>', b'250')
        self.ask(b'RCPT TO:<%s>' % address.encode(), b'250')
        self.ask(b'DATA', b'354')
        self.send(re.sub(rb'(?m)^\.', b'..', message) + b'.\r\n')
        self.reply(b'250')
