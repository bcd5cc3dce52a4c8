"""Plays one transcript in one mode: opens its connections, sends, and compares what comes."""
import base64
import re

import client
from pattern import PatternError, expand, match
from transcript import MESSAGES, message_bytes
from wire import Closed, Connection, NoLine, WireError

CHECK = re.compile(r'(.+?) (==|!=|<|>|<=|>=) (.+)$')
COMPARE = {'==': lambda a, b: a == b, '!=': lambda a, b: a != b, '<': lambda a, b: a < b,
           '>': lambda a, b: a > b, '<=': lambda a, b: a <= b, '>=': lambda a, b: a >= b}


class Failure(Exception):
    """`line` of the transcript, what was expected, what came, and the last lines before it."""

    def __init__(self, line, message, expected=None, got=None, before=()):
        super().__init__(message)
        self.line, self.message, self.expected, self.got, self.before = line, message, expected, got, before

    def text(self, path, mode):
        out = ['%s:%d: %s  [%s]' % (path, self.line, self.message, mode)]
        out += ['      ' + shown(line) for line in self.before]
        if self.expected is not None:
            out += ['    - ' + shown(e) for e in self.expected]
        if self.got is not None:
            out.append('    + ' + shown(self.got))
        return '\n'.join(out)


def shown(text):
    if len(text) > 500:
        text = text[:400] + ' … %d bytes … ' % (len(text) - 480) + text[-80:]
    return re.sub(r'[^\x20-\x7e…\n]', lambda c: '\\x%02x' % ord(c.group()), text).replace('\\x0d\n', '\\r\\n')


def encoded(text):
    return base64.b64encode(text.encode('latin-1')).decode()


def variables(server, account):
    env = {'host': server.host, 'domain': server.domain, 'server': server.name, 'unknown': 'nobody@' + server.domain}
    for path in MESSAGES.glob('*.eml'):
        env['size_' + path.stem.replace('-', '_')] = str(len(message_bytes(path.name)))
    if account:
        user, password = account.user, account.password
        env.update(user=user, password=password, address=account.address, user64=encoded(user),
                   password64=encoded(password), plain=encoded('\0%s\0%s' % (user, password)),
                   plainwrong=encoded('\0%s\0wrong' % user),
                   plainother=encoded('somebody\0%s\0%s' % (user, password)),
                   detail=account.address.replace('@', '+detail@'),
                   local=account.address.partition('@')[0])
    return env


class Run:
    def __init__(self, transcript, server, account, mode, source):
        self.transcript, self.server, self.account, self.mode = transcript, server, account, mode
        self.source, self.connections = source, {}
        self.env = variables(server, account)
        self.timeout = transcript.timeout or server.timeout

    def play(self):
        step = None
        try:
            client.set_up(self.server, self.account, self.transcript.set_up, self.source)
            for number in sorted({s.conn for s in self.transcript.steps} or {1}):
                self.connect(number)
            for step in self.grouped():
                self.step(step)
        except Closed as closed:
            if not self.transcript.may_close:
                raise Failure(step[0].line if isinstance(step, list) else step.line if step else 1, str(closed))
        except (client.SetUpError, PatternError, WireError, OSError) as error:
            line = (step[0] if isinstance(step, list) else step).line if step else 1
            raise Failure(line, '%s%s' % ('' if step else 'set-up: ', error or type(error).__name__))
        finally:
            for connection in self.connections.values():
                connection.close()

    def grouped(self):
        """Neighbouring sends of one connection are one packet; neighbouring expectations one list."""
        group = []
        for step in self.transcript.steps:
            family = {'send': 'out', 'block': 'out', 'expect': 'in'}.get(step.kind)
            if group and (family is None or group[0].conn != step.conn or self.family(group[0]) != family):
                yield group
                group = []
            if family is None:
                yield step
            else:
                group.append(step)
        if group:
            yield group

    @staticmethod
    def family(step):
        return 'in' if step.kind == 'expect' else 'out'

    def step(self, step):
        if isinstance(step, list):
            if self.family(step[0]) == 'out':
                self.send(step)
            else:
                Expectations(self, self.connect(step[0].conn), step).check()
        elif step.kind == 'check':
            self.check(step)
        elif step.kind in ('create', 'append', 'deliver'):
            client.set_up(self.server, self.account, [step], self.source)
        else:
            getattr(self, 'do_' + step.kind)(step)

    def connect(self, number):
        if number in self.connections:
            return self.connections[number]
        protocol, state, mailbox = self.transcript.connection(number)
        wire = Connection(self.server.host, self.server.ports[protocol], protocol in ('imaps', 'pop3s'), 'whole',
                          self.timeout, self.source, literals=protocol in ('imap', 'imaps'))
        self.connections[number] = wire
        if state:
            client.log_in(wire, protocol, self.account, mailbox)
        wire.mode = self.mode
        wire.history.clear()
        return wire

    def send(self, steps):
        wire, data = self.connect(steps[0].conn), ''
        for step in steps:
            if step.kind == 'block':
                data += step.raw if step.raw is not None else expand(step.text, self.env)
                continue
            data += expand(step.text, self.env)
            if getattr(step, 'literal', None):
                block, plus = step.literal
                size = len(block.raw if block.raw is not None else expand(block.text, self.env))
                data += '{%d%s}\r\n' % (size, plus)
        wire.history.append('C: ' + data.rstrip('\r\n'))
        wire.send(data.encode('latin-1'))

    def check(self, step):
        found = CHECK.match(step.args)
        if not found:
            raise Failure(step.line, '@check A == B')
        left, right = expand(found.group(1), self.env), expand(found.group(3), self.env)
        if left.isdigit() and right.isdigit():
            left, right = int(left), int(right)
        if not COMPARE[found.group(2)](left, right):
            raise Failure(step.line, 'check failed: %s, with %s and %s' % (step.args, left, right))

    def do_tls(self, step):
        self.connect(step.conn).start_tls()

    def do_drop(self, step):
        self.connect(step.conn).close()
        del self.connections[step.conn]

    def do_closed(self, step):
        try:
            self.connect(step.conn).wait_closed()
        except NoLine:
            raise Failure(step.line, 'the server did not close the connection within %g s' % self.timeout)

    def do_silent(self, step):
        wire = self.connect(step.conn)
        try:
            line = wire.line(float(step.args or 0.3))
        except NoLine:
            return
        raise Failure(step.line, 'nothing was expected here', got=line)


class Expectations:
    """A list of expectations on one connection, against the lines that come."""

    def __init__(self, run, wire, steps):
        self.run, self.wire, self.steps = run, wire, list(steps)
        self.never = []
        self.protocol = run.transcript.connection(steps[0].conn)[0]

    def fail(self, step, message, expected, got=None):
        history = self.wire.history[-7:]
        if got is not None and history and history[-1] == got:
            history = history[:-1]
        raise Failure(step.line, message, [e.source for e in expected], got, history)

    def check(self):
        while self.steps:
            step = self.steps[0]
            if step.how == 'never':
                self.never.append(self.steps.pop(0))
            elif step.how == 'any-order':
                self.any_order()
            elif step.nodes is None:
                self.steps.pop(0)
                self.skip_to(step)
            else:
                self.one(self.steps.pop(0))

    def line(self, step, expected):
        try:
            line = self.wire.line()
        except NoLine:
            got = self.wire.buffer.decode('latin-1') or None
            self.fail(step, 'no line came within %g s%s' % (
                self.wire.timeout, ', only the beginning of one' if got else ''), expected, got)
        except Closed:
            if self.run.transcript.may_close:
                raise
            self.fail(step, 'the server closed the connection', expected, self.wire.buffer.decode('latin-1') or None)
        for forbidden in self.never:
            if match(forbidden.nodes, line, self.run.env) is not None:
                self.fail(forbidden, 'this line must not come here', [forbidden], line)
        return line

    def fits(self, step, line):
        env = match(step.nodes, line, self.run.env)
        if env is None:
            return False
        self.run.env = env
        return True

    def one(self, step):
        line = self.line(step, [step])
        if self.fits(step, line):
            return
        if step.how != 'optional':
            self.fail(step, 'another line was expected', [step], line)
        self.wire.unread(line)
        self.wire.history.pop()

    def skippable(self, line):
        return self.protocol not in ('imap', 'imaps') or line.startswith('* ')

    def skip_to(self, step):
        """`S: ...`: any untagged lines until one fits what comes next."""
        while self.steps and self.steps[0].how == 'never':
            self.never.append(self.steps.pop(0))
        if not self.steps:
            raise Failure(step.line, '`...` needs an S: line after it')
        wanted = self.steps[0]
        if wanted.how == 'any-order':
            return
        self.steps.pop(0)
        while True:
            line = self.line(wanted, [wanted])
            if self.fits(wanted, line):
                return
            if not self.skippable(line):
                self.fail(wanted, 'another line was expected', [wanted], line)

    def any_order(self):
        """`S*:` lines: each once, in any order; with `S*: ...`, other untagged lines between and after them."""
        block = []
        while self.steps and self.steps[0].how == 'any-order':
            block.append(self.steps.pop(0))
        open_end = [s for s in block if s.nodes is None]
        left = [s for s in block if s.nodes is not None]
        while left:
            line = self.line(left[0], left)
            found = next((s for s in left if self.fits(s, line)), None)
            if found:
                left.remove(found)
            elif not open_end or not self.skippable(line):
                self.fail(left[0], 'none of the lines that were expected', left, line)
        if open_end:
            self.skip_to(open_end[0])
