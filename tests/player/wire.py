"""One connection to the server: bytes in the manner of the mode, lines out. Knows no transcript."""
import re
import socket
import ssl
import time

LITERAL = re.compile(rb'\{(\d+)\}$')
MODES = ('whole', 'bytes', 'slow')


class WireError(Exception):
    pass


class NoLine(WireError):
    """Nothing (complete) came in time."""


class Closed(WireError):
    pass


class Connection:
    """mode: `whole` sends what belongs together in one piece; `bytes` one byte at a time; `slow` reads a few bytes
    at a time through a small receive buffer, late."""

    def __init__(self, host, port, tls, mode, timeout, source=None, literals=True):
        self.mode, self.timeout, self.literals = mode, timeout, literals
        self.buffer, self.back, self.history = b'', [], []
        self.late = False
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if mode == 'slow':
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        if source:
            self.sock.bind((source, 0))
        self.sock.settimeout(timeout)
        self.sock.connect((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.start_tls()

    def start_tls(self):
        if self.buffer or self.back:
            raise WireError('the server sent %r in the clear after it agreed to TLS' % (self.buffer or self.back))
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            self.sock = context.wrap_socket(self.sock)
        except (ssl.SSLError, OSError) as error:
            raise WireError('the TLS handshake failed: %s' % error)

    def send(self, data):
        """A peer that has closed shows at the next read, which may still find what it said before."""
        self.late = True
        pieces = [data] if self.mode != 'bytes' else [data[i:i + 1] for i in range(len(data))]
        try:
            for piece in pieces:
                self.sock.sendall(piece)
        except OSError:
            pass

    def fill(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise NoLine('no line came in time')
        if self.mode == 'slow':
            time.sleep(0.03 if self.late else 0.0005)
            self.late = False
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(61 if self.mode == 'slow' and len(self.buffer) < 2000 else 16384)
        except TimeoutError:
            raise NoLine('no line came in time')
        except OSError:
            data = b''
        if not data:
            raise Closed('the server closed the connection')
        self.buffer += data

    def take(self, size, deadline):
        while len(self.buffer) < size:
            self.fill(deadline)
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def physical_line(self, deadline, start):
        at = self.buffer.find(b'\r\n', start)
        while at < 0:
            searched = max(start, len(self.buffer) - 1)
            self.fill(deadline)
            at = self.buffer.find(b'\r\n', searched)
        return at

    def line(self, timeout=None):
        """The next line without its CRLF, literals included. An incomplete line stays in the buffer."""
        if self.back:
            return self.back.pop()
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        start = 0
        while True:
            end = self.physical_line(deadline, start)
            found = LITERAL.search(self.buffer[start:end]) if self.literals else None
            if not found:
                break
            start = end + 2 + int(found.group(1))
            while len(self.buffer) < start:
                self.fill(deadline)
        line, self.buffer = self.buffer[:end].decode('latin-1'), self.buffer[end + 2:]
        self.history.append(line)
        return line

    def unread(self, line):
        self.back.append(line)

    def wait_closed(self, timeout=None):
        """Returns when the server has closed; anything that comes before is an error."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        try:
            while not self.buffer and not self.back:
                self.fill(deadline)
        except Closed:
            return
        raise WireError('a closed connection was expected, but the server sent %r' % (self.back or self.buffer))

    def close(self):
        try:
            self.sock.close()
        except OSError:
            pass
