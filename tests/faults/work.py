"""A little work over all protocols against a server whose disk may fail at any call: what it answered, and what must then be true."""
import re
import socket
import time

PASSWORD = 'secret'
FINE_CODES = {'UNAVAILABLE', 'OVERQUOTA'}  # of a NO; DESIGN: and BYE after an unknown


class Gone(Exception):
    """The server ended the connection."""


class Wrong(Exception):
    """An answer that no failing disk excuses."""


class Line:
    def __init__(self, port):
        self.sock = socket.create_connection(('127.0.0.1', port), 30)
        self.sock.settimeout(30)
        self.file = self.sock.makefile('rb')

    def read(self):
        try:
            line = self.file.readline()
        except OSError:
            raise Gone
        if not line.endswith(b'\n'):
            raise Gone
        return line.rstrip(b'\r\n')

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            raise Gone

    def close(self):
        self.file.close()
        self.sock.close()


class Imap(Line):
    def __init__(self, port, user):
        super().__init__(port)
        if not self.read().startswith(b'* OK'):
            raise Gone
        self.number = 0
        self.cut = False  # a literal was begun and not ended
        self.login = self.command('LOGIN %s %s' % (user, PASSWORD))

    def command(self, text, literal=None):
        """('OK' or 'NO', the untagged lines, the tagged text)."""
        self.number += 1
        tag = b'a%d' % self.number
        untagged = []
        self.send(tag + b' ' + text.encode() + (b' {%d+}' % len(literal) + b'\r\n' + literal if literal is not None else b'') + b'\r\n')
        while True:
            line = self.whole_line()
            if line.startswith(b'* BYE'):
                raise Gone
            if line.startswith(b'+'):
                continue
            if not line.startswith(tag + b' '):
                untagged.append(line)
                continue
            kind, _, rest = line[len(tag) + 1:].partition(b' ')
            self.judge(kind.decode(), rest.decode('latin-1'), text)
            return kind.decode(), untagged, rest.decode('latin-1')

    def whole_line(self):
        line = self.read()
        while True:
            found = re.search(rb'\{(\d+)\}$', line)
            if not found:
                return line
            size, data = int(found.group(1)), b''
            while len(data) < size:
                piece = self.file.read(size - len(data))
                if not piece:
                    self.cut = True
                    raise Gone
                data += piece
            line += b'\r\n' + data + self.read()

    @staticmethod
    def judge(kind, rest, text):
        code = re.match(r'\[([A-Z-]+)', rest)
        if kind == 'OK' or (kind == 'NO' and code and code.group(1) in FINE_CODES):
            return
        raise Wrong('%s was answered %s %s' % (text, kind, rest))


class Pop3(Line):
    def __init__(self, port, user):
        super().__init__(port)
        self.answer()
        self.good = self.command('USER ' + user)[0] and self.command('PASS ' + PASSWORD)[0]

    def answer(self):
        line = self.read()
        if line.startswith(b'+OK'):
            return True, line
        if line.startswith((b'-ERR [SYS/TEMP]', b'-ERR [IN-USE]')):
            return False, line
        raise Wrong('POP3 says %r' % line)

    def command(self, text, many=False):
        self.send(text.encode() + b'\r\n')
        good, line = self.answer()
        body = []
        while good and many:
            got = self.read()
            if got == b'.':
                break
            body.append(got[1:] if got.startswith(b'.') else got)
        return good, body


class Lmtp(Line):
    def __init__(self, port):
        super().__init__(port)
        self.reply((220,))

    def reply(self, wanted):
        line = self.read()
        while line[3:4] == b'-':
            line = self.read()
        code = int(line[:3])
        if code == 421:
            raise Gone
        if code not in wanted:
            raise Wrong('LMTP says %r' % line)
        return code

    def deliver(self, data, *users):
        """The code for each user: 250, 451, 452, or None when the connection ended before."""
        codes = [None] * len(users)
        try:
            self.send(b'LHLO here\r\n')
            self.reply((250,))
            self.send(b'MAIL FROM:<x@example.org>\r\n')
            self.reply((250,))
            for i, user in enumerate(users):
                self.send(b'RCPT TO:<%s>\r\n' % user.encode())
                code = self.reply((250, 451, 452))
                if code != 250:
                    codes[i] = code
            self.send(b'DATA\r\n')
            if self.reply((354, 451, 452, 503)) != 354:
                return codes
            self.send(data + b'\r\n.\r\n')
            for i in range(len(users)):
                if codes[i] is None:
                    codes[i] = self.reply((250, 451, 452))
        except Gone:
            pass
        return codes


def patiently(what, seconds=20):
    """What `what()` gives, once the server serves again."""
    end = time.monotonic() + seconds
    while True:
        try:
            got = what()
            if got is not None:
                return got
        except (Gone, OSError):
            pass
        if time.monotonic() > end:
            raise Wrong('service does not resume within %d s' % seconds)
        time.sleep(0.03)


def session(server, user):
    """An IMAP session in INBOX once the server is well."""
    def try_it():
        client = Imap(server.ports['imap'], user)
        if client.login[0] == 'OK' and client.command('SELECT INBOX')[0] == 'OK':
            return client
        client.close()
        return None
    return patiently(try_it)
