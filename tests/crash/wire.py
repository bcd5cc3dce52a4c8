"""The three protocols as a client speaks them, as little of them as the sessions of the crash test need. A connection that ends raises Gone."""
import asyncio
import re

LITERAL = re.compile(rb'\{(\d+)\}\r\n$')
FETCHED = re.compile(rb'^\* \d+ FETCH \(')


class Gone(Exception):
    """The connection has ended."""


class Refused(Exception):
    """The server said NO, BAD, -ERR or a number of its own."""


class Connection:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port):
        try:
            return cls(*await asyncio.open_connection('127.0.0.1', port, limit=1 << 22))
        except OSError as error:
            raise Gone(str(error))

    def send(self, data):
        self.writer.write(data)

    async def line(self):
        try:
            return await self.reader.readuntil(b'\r\n')
        except (asyncio.IncompleteReadError, OSError):
            raise Gone('the connection has ended')

    async def take(self, size):
        try:
            return await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, OSError):
            raise Gone('the connection has ended')

    def close(self):
        self.writer.close()


class Imap(Connection):
    tags = 0

    @classmethod
    async def login(cls, port, user, password):
        c = await cls.open(port)
        try:
            greeting = await c.line()
            if not greeting.startswith(b'* OK'):
                raise Refused(greeting.decode())
            await c.ask(b'LOGIN "%s" "%s"' % (user.encode(), password.encode()))
        except BaseException:
            c.close()
            raise
        return c

    def begin(self, command):
        """Sends a command; answers come in the order of commands."""
        self.tags += 1
        self.send(b'%d ' % self.tags + command + b'\r\n')
        return b'%d ' % self.tags

    async def response(self):
        """One line, with the literals in it: [text, literal, text, ...]."""
        parts = []
        while True:
            line = await self.line()
            found = LITERAL.search(line)
            parts.append(line)
            if not found:
                return parts
            parts.append(await self.take(int(found[1])))

    async def end(self, tag):
        """(the OK line, untagged responses)."""
        untagged = []
        while True:
            parts = await self.response()
            if parts[0].startswith(tag):
                if not parts[0].startswith(tag + b'OK'):
                    raise Refused(parts[0].decode().strip())
                return parts[0].decode().strip(), untagged
            if parts[0].startswith(b'* BYE'):
                raise Gone(parts[0].decode().strip())
            untagged.append(parts)

    async def ask(self, command):
        return await self.end(self.begin(command))


def fetched(untagged):
    """{uid: (X-Id, flags, the literal)} of FETCH responses with UID, FLAGS and one literal."""
    out = {}
    for parts in untagged:
        if not FETCHED.match(parts[0]) or len(parts) < 2:
            continue
        head = parts[0].decode()
        flags = frozenset(re.search(r'FLAGS \(([^)]*)\)', head)[1].split()) - {'\\Recent'}
        name = re.search(rb'(?im)^X-Id: (\S+)', parts[1])
        out[int(re.search(r'UID (\d+)', head)[1])] = (name[1].decode() if name else '?', flags, parts[1])
    return out


def number(word, untagged):
    """Of "* OK [UIDNEXT 4]" and the like."""
    for parts in untagged:
        found = re.match(rb'\* OK \[%s (\d+)\]' % word.encode(), parts[0])
        if found:
            return int(found[1])
    raise Refused('no %s was told' % word)


class Pop3(Connection):
    @classmethod
    async def login(cls, port, user, password):
        c = await cls.open(port)
        try:
            await c.reply()
            await c.ask('USER ' + user)
            await c.ask('PASS ' + password)
        except BaseException:
            c.close()
            raise
        return c

    async def reply(self):
        line = (await self.line()).decode().strip()
        if not line.startswith('+OK'):
            raise Refused(line)
        return line

    async def ask(self, command):
        self.send(command.encode() + b'\r\n')
        return await self.reply()

    async def lines(self):
        """A multi-line answer, unstuffed."""
        await self.reply()
        out = []
        while True:
            line = await self.line()
            if line == b'.\r\n':
                return b''.join(out)
            out.append(line[1:] if line.startswith(b'.') else line)


class Lmtp(Connection):
    @classmethod
    async def hello(cls, port):
        c = await cls.open(port)
        try:
            await c.reply()
            c.send(b'LHLO test.example\r\n')
            await c.reply()
        except BaseException:
            c.close()
            raise
        return c

    async def reply(self):
        """The code of one answer."""
        while True:
            line = await self.line()
            if line[3:4] != b'-':
                return int(line[:3]), line.decode().strip()
