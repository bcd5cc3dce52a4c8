"""Reads a transcript file into its settings and its steps. Does no I/O but reading the file and its messages."""
import re
from pathlib import Path

from pattern import PatternError, compile_text, exactly, latin, literal_mark

PROTOCOLS = ('imap', 'imaps', 'pop3', 'pop3s', 'lmtp')
LINE = re.compile(r'([CS])(\d?)([*?!.]?)([:|<]) ?(.*)$', re.S)
SET_UP = ('create', 'append', 'deliver')
STEPS = ('tls', 'drop', 'closed', 'silent', 'check') + SET_UP
MESSAGES = Path(__file__).resolve().parent.parent / 'messages'
OF_THE_ACCOUNT = re.compile(r'\$\{(user|password|address|plain|detail|local)')
HEAD = re.compile(r'# .*\bRFC \d+')


class TranscriptError(Exception):
    pass


class Step:
    """One action. kind: send, block, expect, and the directives. `conn` is the connection's number."""

    def __init__(self, kind, line, conn=1, **more):
        self.kind, self.line, self.conn = kind, line, conn
        self.__dict__.update(more)


class Transcript:
    def __init__(self, path):
        self.path = path
        self.protocol = None
        self.state = ''           # '', 'login' or 'select'
        self.mailbox = None
        self.per_connection = {}  # number -> (protocol, state, mailbox)
        self.only, self.not_for, self.needs, self.modes = {}, {}, [], None
        self.settings = ()        # what the server must have been started with
        self.set_up, self.steps = [], []
        self.timeout, self.may_close = None, False
        self.uses_account = False

    def connection(self, number):
        return self.per_connection.get(number, (self.protocol, self.state, self.mailbox))


def message_bytes(name):
    """A file of tests/messages/, or `size:N` for a message of exactly N bytes."""
    if name.startswith('size:'):
        head = 'From: big@example.org\r\nSubject: big\r\n\r\n'
        line = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\r\n'
        size = int(name[5:])
        return (head + line * (size // len(line) + 1))[:size - 2] + '\r\n'
    data = (MESSAGES / name).read_bytes().decode('latin-1')
    return re.sub(r'\r?\n', '\r\n', data)


def dot_stuffed(data):
    if not data.endswith('\r\n'):
        data += '\r\n'
    return re.sub(r'(^|\r\n)\.', r'\1..', data) + '.\r\n'


class Reader:
    def __init__(self, path):
        self.out = Transcript(path)
        self.text = path.read_text(encoding='utf-8')

    def fail(self, number, message):
        raise TranscriptError('%s:%d: %s' % (self.out.path, number, message))

    def read(self):
        lines = self.text.split('\n')
        if not HEAD.match(lines[0]):
            self.fail(1, 'the first line is `# RFC N §M: what this shows`')
        started = False
        for number, line in enumerate(lines, 1):
            line = latin(line)
            if not line or line.startswith('#'):
                continue
            step_word = line.startswith(('@tls', '@drop', '@closed'))
            if line.startswith('@') and not started and not step_word:
                self.directive(number, line[1:])
                continue
            started = True
            self.step(number, line)
        if self.out.protocol is None:
            self.fail(1, 'no @imap, @pop3 or @lmtp line')
        self.join_literals()
        out = self.out
        out.uses_account = bool(out.state or out.per_connection or out.set_up or OF_THE_ACCOUNT.search(self.text))
        return self.out

    def directive(self, number, text):
        word, _, rest = text.partition(' ')
        rest = rest.strip()
        out = self.out
        if word in PROTOCOLS:
            out.protocol, out.state, out.mailbox = self.state(number, text)
        elif re.fullmatch(r'C\d', word):
            out.per_connection[int(word[1])] = self.state(number, rest)
        elif word in ('only', 'not'):
            server, _, reason = rest.partition(': ')
            if not reason:
                self.fail(number, '@%s SERVER: the reason' % word)
            (out.only if word == 'only' else out.not_for)[server] = reason
        elif word == 'needs':
            out.needs += rest.split()
        elif word == 'modes':
            out.modes = rest.split()
        elif word == 'with':
            key, sign, value = rest.partition(' = ')
            if not sign:
                self.fail(number, '@with KEY = VALUE')
            out.settings += ((key, value),)
        elif word == 'may-close':
            out.may_close = True
        elif word == 'timeout':
            out.timeout = float(rest)
        elif word in SET_UP:
            out.set_up.append(Step(word, number, args=rest))
        else:
            self.fail(number, 'unknown directive @' + word)

    def state(self, number, text):
        words = text.split()
        if words[0] not in PROTOCOLS or (len(words) > 1 and words[1] not in ('login', 'select')):
            self.fail(number, 'a protocol (%s), then nothing, `login` or `select MAILBOX`' % ', '.join(PROTOCOLS))
        return words[0], (words[1] if len(words) > 1 else ''), (words[2] if len(words) > 2 else None)

    def step(self, number, line):
        if line.startswith('@'):
            word, _, rest = line[1:].partition(' ')
            if word not in STEPS:
                self.fail(number, '@%s is no step' % word)
            args, conn = rest.strip(), 1
            if word in ('tls', 'drop', 'closed', 'silent'):
                found = re.fullmatch(r'(?:([1-9])\b(?!\.) ?)?(.*)', args)
                conn, args = int(found.group(1) or 1), found.group(2)
            self.out.steps.append(Step(word, number, conn, args=args))
            return
        found = LINE.match(line)
        if not found:
            self.fail(number, 'not a line of a transcript: ' + line)
        side, conn, mark, sign, text = found.groups()
        conn = int(conn or 1)
        try:
            if side == 'C':
                self.client(number, conn, mark, sign, text)
            else:
                self.server(number, conn, mark, sign, text)
        except PatternError as error:
            self.fail(number, str(error))
        except OSError as error:
            self.fail(number, str(error))

    def block(self, number, kind, conn, sign, mark, text):
        """Lines of `|` make one block; a file is a block of its own."""
        steps = self.out.steps
        if sign == '<':
            data = message_bytes(text)
            steps.append(Step(kind, number, conn, text='', raw=dot_stuffed(data) if mark == '.' else data))
            return
        text, ending = (text[:-1], '') if text.endswith('\\') else (text, '\r\n')
        if not (steps and steps[-1].kind == kind and steps[-1].conn == conn and steps[-1].raw is None):
            steps.append(Step(kind, number, conn, text='', raw=None))
        steps[-1].text += text + ending

    def client(self, number, conn, mark, sign, text):
        if sign != ':':
            self.block(number, 'block', conn, sign, mark, text)
            return
        text, ending = (text[:-1], '') if text.endswith('\\') else (text, '\r\n')
        self.out.steps.append(Step('send', number, conn, text=text + ending))

    def server(self, number, conn, mark, sign, text):
        if sign != ':':
            self.block(number, 'answer', conn, sign, mark, text)
            return
        how = {'': 'line', '*': 'any-order', '?': 'optional', '!': 'never'}[mark]
        self.out.steps.append(Step('expect', number, conn, how=how, source=text, pattern=text, nodes=None))

    def is_imap(self, conn):
        return (self.out.connection(conn)[0] or '').startswith('imap')

    def join_literals(self):
        """An `S: ...{}` line, its `S|` block and the `S:` line after it are one expected line."""
        steps, out = self.out.steps, []
        i = 0
        while i < len(steps):
            step = steps[i]
            i += 1
            while step.kind == 'expect' and self.is_imap(step.conn) and step.pattern.endswith('{}'):
                if i + 1 >= len(steps) or steps[i].kind != 'answer' or steps[i + 1].kind != 'expect':
                    self.fail(step.line, 'a line that ends in {} is followed by S| or S< and the rest of the line')
                block, rest = steps[i], steps[i + 1]
                i += 2
                exact, text = block.raw is not None, block.raw if block.raw is not None else block.text
                step.pattern = step.pattern[:-2] + literal_mark(text, exact) + rest.pattern
                step.source += '\n' + text + rest.source
            out += self.compiled(step)
        self.out.steps = out
        self.client_literals()

    def compiled(self, step):
        if step.kind == 'answer':
            return self.lines_of(step)
        if step.kind == 'expect' and step.pattern != '...':
            strings = self.is_imap(step.conn)
            try:
                step.nodes = compile_text(step.pattern, strings)
            except PatternError as error:
                self.fail(step.line, str(error))
        return [step]

    @staticmethod
    def lines_of(block):
        """What is left of `S|` and `S<` are lines of POP3: each its own."""
        out, exact = [], block.raw is not None
        for line in (block.raw if exact else block.text).split('\r\n')[:-1]:
            nodes = exactly(line) if exact else compile_text(line, False, False)
            out.append(Step('expect', block.line, block.conn, how='line', source=line, nodes=nodes))
        return out

    def client_literals(self):
        """`{}` and `{+}` at the end of a C: line get the block that comes next on that connection."""
        steps = self.out.steps
        for i, step in enumerate(steps):
            if step.kind != 'send':
                continue
            found = re.search(r'\{(\+?)\}\r\n$', step.text)
            if not found:
                continue
            following = [s for s in steps[i + 1:] if s.kind == 'block' and s.conn == step.conn]
            if not following:
                self.fail(step.line, '{} with no C| block after it')
            step.text = step.text[:found.start()]
            step.literal = (following[0], found.group(1))


def load(path):
    return Reader(Path(path)).read()
