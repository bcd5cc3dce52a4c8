"""What happens before a transcript begins: log in, fill mailboxes, deliver. Plain sessions in whole pieces."""
import re

from transcript import dot_stuffed, message_bytes
from wire import Connection

APPEND = re.compile(r'(\S+) (\S+)(?: (\([^)]*\)))?(?: ("[^"]*"))?$')


class SetUpError(Exception):
    pass


class Imap:
    def __init__(self, wire):
        self.wire, self.number = wire, 0

    def command(self, text, literal=None):
        self.number += 1
        tag = 'setup%d' % self.number
        self.wire.send(('%s %s\r\n' % (tag, text)).encode('latin-1'))
        lines = []
        while True:
            line = self.wire.line()
            lines.append(line)
            if literal is not None and line.startswith('+'):
                self.wire.send(literal.encode('latin-1') + b'\r\n')
                literal = None
            if line.startswith(tag + ' '):
                break
        if not lines[-1].startswith(tag + ' OK'):
            raise SetUpError('%s was answered %s' % (text, lines[-1]))
        return lines

    def login(self, account):
        self.wire.line()
        self.command('LOGIN %s %s' % (account.user, account.password))

    def append(self, args):
        found = APPEND.match(args)
        if not found:
            raise SetUpError('@append MAILBOX FILE [(FLAGS)] ["DATE"], not ' + args)
        mailbox, name, flags, date = found.groups()
        data = message_bytes(name)
        parts = [p for p in (mailbox, flags, date) if p]
        self.command('APPEND %s {%d}' % (' '.join(parts), len(data)), data)


def log_in(wire, protocol, account, mailbox):
    """Takes the greeting and logs in; what the server says in between belongs to no transcript."""
    if protocol in ('imap', 'imaps'):
        imap = Imap(wire)
        imap.login(account)
        if mailbox:
            imap.command('SELECT ' + mailbox)
        return
    if protocol in ('pop3', 'pop3s'):
        wire.line()
        for text in ('USER ' + account.user, 'PASS ' + account.password):
            pop3(wire, text)
        return
    wire.line()
    wire.send(b'LHLO player\r\n')
    while wire.line().startswith('250-'):
        pass


def pop3(wire, text):
    wire.send((text + '\r\n').encode('latin-1'))
    answer = wire.line()
    if not answer.startswith('+OK'):
        raise SetUpError('%s was answered %s' % (text, answer))


def deliver(server, account, args, source):
    data = message_bytes(args.strip())
    wire = Connection(server.host, server.ports['lmtp'], False, 'whole', 20, source, literals=False)
    try:
        log_in(wire, 'lmtp', account, None)
        for text, want in (('MAIL FROM:<sender@example.org>', '250'), ('RCPT TO:<%s>' % account.address, '250'),
                           ('DATA', '354')):
            wire.send((text + '\r\n').encode('latin-1'))
            lmtp_answer(wire, text, want)
        wire.send(dot_stuffed(data).encode('latin-1'))
        lmtp_answer(wire, 'the message', '250')
        wire.send(b'QUIT\r\n')
    finally:
        wire.close()


def lmtp_answer(wire, text, want):
    answer = wire.line()
    if not answer.startswith(want):
        raise SetUpError('LMTP: %s was answered %s' % (text, answer))


def set_up(server, account, steps, source):
    """Runs @create, @append and @deliver in order, then looks into each mailbox once, which takes \\Recent away."""
    wire = imap = None
    seen = []
    try:
        for step in steps:
            if step.kind == 'deliver':
                deliver(server, account, step.args, source)
                continue
            if imap is None:
                wire = Connection(server.host, server.ports['imap'], False, 'whole', 20, source)
                imap = Imap(wire)
                imap.login(account)
            if step.kind == 'create':
                imap.command('CREATE ' + step.args)
            else:
                imap.append(step.args)
                seen.append(step.args.split()[0])
        for mailbox in dict.fromkeys(seen):
            imap.command('SELECT ' + mailbox)
        if imap:
            imap.command('LOGOUT')
    finally:
        if wire:
            wire.close()


def capabilities(server):
    """What the server offers before login (under TLS) and after it."""
    wire = Connection(server.host, server.ports['imaps'], True, 'whole', 20)
    found = set()
    try:
        imap = Imap(wire)
        wire.unread(wire.line())
        lines = imap.command('CAPABILITY')
        imap.command('LOGIN %s %s' % (server.account('probe').user, server.account('probe').password))
        lines += imap.command('CAPABILITY')
    finally:
        wire.close()
    for line in lines:
        if line.startswith('* CAPABILITY '):
            found |= {word.upper() for word in line.split()[2:]}
    return found
