"""The rows of the benchmark: one line each. What is measured, on which port, how, and what it is to reach."""

# Accounts: u0-u49 are delivered to and watch; u50-u69 hold 100 messages each; u70 the large mailbox; u71-u78 are filed
# into; u79 has the folders; u80-u99 only log in.
ACCOUNTS = 100
MANY = 10000  # accounts of the servers of the row start-many
LOOK = dict(first_user=50, users=20)
BIG = dict(first_user=70, users=1)
WATCHED = dict(first_user=0, users=50)

RATE, TIME, SPEED, MEMORY, REBUILD = 'operations/s', 'ms', 'MB/s', 'KB', 'messages/s'


class Row:
    """kind: load (a workload) or another of kinds.py. aim: how many times the better peer, for rates; for times and
    memory how many times less. `only`: on that server alone."""

    def __init__(self, name, title, workload, unit, port='imap', kind='load', connections=1, aim=None, cpu_aim=None, limit=None,
                 define=None, per=1, ceiling=None, floor=None, only=None, once=False, after=None,
                 certificate='rsa', **options):
        self.name, self.title, self.workload, self.unit, self.port, self.kind = name, title, workload, unit, port, kind
        self.connections, self.aim, self.cpu_aim, self.limit = connections, aim, cpu_aim, limit
        self.define, self.per, self.ceiling, self.only, self.once = define or {}, per, ceiling, only, once
        self.floor, self.after, self.certificate, self.options = floor, after, certificate, options

    @property
    def tls(self):
        return self.port.endswith('s')


def command(name, title, text, what, number, **more):
    return Row(name, title, 'command', TIME, define={'command': text, 'what': what, 'number': number}, **BIG, **more)


def rows(big):
    """All rows, in the order in which they are measured; `big` is the number of messages of the large mailbox."""
    copied = min(big, 10000)
    rare, subject = sum(n % 500 == 13 for n in range(big)), sum(n % 100 == 7 for n in range(big))
    n = '{:,}'.format(big)
    out = [
        command('envelope-first', 'FETCH 1:* (ENVELOPE BODYSTRUCTURE), %s messages, the first time' % n,
                'FETCH 1:* (ENVELOPE BODYSTRUCTURE)', 'fetch', big, aim=4, once=True),
        Row('rebuild', 'index deleted: all messages of the store, until the whole index is made anew and the large mailbox open', None, REBUILD,
            kind='rebuild', floor=100000, only='barid'),
    ]
    for count, aim in ((1, 2), (8, 6), (64, 12)):
        out.append(Row('deliver-%d' % count, 'LMTP deliveries, %d connection%s' % (count, 's' * (count > 1)), 'deliver', RATE, 'lmtp',
                       connections=count, aim=aim, cpu_aim=10, limit='sync_%d' % count, **WATCHED))
    for tls, aim, cpu in (('', 8, 10), ('s', 2.5, 3)):
        out.append(Row('look' + tls, 'login, SELECT, 50 envelopes, logout; 8 connections' + (', TLS' if tls else ''), 'login-fetch', RATE,
                       'imap' + tls, connections=8, aim=aim, cpu_aim=cpu, limit='handshake_rsa' if tls else None, **LOOK))
    out += [
        Row('login-tls', 'TLS handshake (RSA-2048) and login; 8 connections', 'login', RATE, 'imaps', connections=8,
            limit='handshake_rsa', first_user=80, users=20),
        Row('login-resumed', 'the same, TLS session resumed', 'login', RATE, 'imaps', connections=8, first_user=80, users=20, resume=True),
        Row('login-ecdsa', 'TLS handshake (ECDSA P-256) and login; 8 connections', 'login', RATE, 'imaps', connections=8,
            limit='handshake_ecdsa', first_user=80, users=20, certificate='ecdsa'),
        Row('webmail', 'webmail request: login, SELECT, SEARCH, 50 headers, logout; 8 connections', 'webmail', RATE, connections=8, **LOOK),
    ]
    for tls in ('', 's'):
        out.append(Row('append' + tls, 'APPEND of 5 KB; 8 connections' + (', TLS' if tls else ''), 'append', RATE, 'imap' + tls,
                       connections=8, aim=4, first_user=71, users=8))
    for tls, aim in (('', 6), ('s', 4)):
        out.append(Row('pop3' + tls, 'POP3: login, UIDL, RETR of 100 messages, QUIT; 4 connections' + (', TLS' if tls else ''), 'pop3',
                       RATE, 'pop3' + tls, connections=4, aim=aim, **LOOK))
    out += [
        command('envelope', 'FETCH 1:* (ENVELOPE BODYSTRUCTURE), %s messages' % n, 'FETCH 1:* (ENVELOPE BODYSTRUCTURE)', 'fetch', big,
                aim=4),
        command('select', 'SELECT, %s messages, warm' % n, 'SELECT INBOX', 'exists', 1, ceiling=0.2),
        command('flags', 'FETCH 1:* (UID FLAGS), %s messages' % n, 'FETCH 1:* (UID FLAGS)', 'fetch', big, aim=4),
        command('search-body', 'SEARCH BODY of a rare word, %s messages' % n, 'SEARCH BODY xylophage', 'hits', rare,
                ceiling=500 * big / 100000),
        command('search-subject', 'SEARCH SUBJECT, %s messages' % n, 'SEARCH SUBJECT budget', 'hits', subject, aim=20),
        command('sort-date', 'SORT (REVERSE DATE), %s messages' % n, 'SORT (REVERSE DATE) UTF-8 ALL', 'hits', big),
        command('search-flag', 'SEARCH UNSEEN, %s messages' % n, 'SEARCH UNSEEN', 'hits', big),
        command('sort', 'SORT (SUBJECT), %s messages' % n, 'SORT (SUBJECT) UTF-8 ALL', 'hits', big),
        command('thread', 'THREAD REFERENCES, %s messages' % n, 'THREAD REFERENCES UTF-8 ALL', 'threads', 1),
        Row('bodies', 'FETCH 1:* BODY.PEEK[], %s messages of 5 KB' % n, 'bodies', SPEED, define={'number': big}, aim=3, limit='copy', **BIG),
        Row('bodiess', 'FETCH 1:* BODY.PEEK[], %s messages of 5 KB, TLS' % n, 'bodies', SPEED, 'imaps', define={'number': big}, aim=3,
            limit='record', **BIG),
        Row('store-silent', 'STORE 1:* ±FLAGS.SILENT, %s messages (ours and Cyrus synced)' % n, 'store-silent', TIME, per=2, aim=1, **BIG),
        Row('store', 'STORE 1:* ±FLAGS, %s messages (ours and Cyrus synced)' % n, 'store', TIME, per=2,
            define={'number': big}, aim=2, **BIG),
        Row('copy', 'COPY of %s messages' % '{:,}'.format(copied), 'copy', TIME, define={'number': copied}, aim=10, after='drop-copies', **BIG),
        Row('uidl', 'POP3: login, UIDL and LIST of %s messages, QUIT' % n, 'uidl-list', TIME, 'pop3', define={'number': big},
            ceiling=100 * big / 100000, **BIG),
        Row('status', 'STATUS of 1,000 folders', 'status', TIME, define={'number': 1000}, first_user=79, users=1),
        Row('list-status', 'LIST RETURN (STATUS) of 1,000 folders', 'command', TIME,
            define={'command': 'LIST "" "Folder%" RETURN (STATUS (MESSAGES UNSEEN UIDNEXT))', 'what': 'status', 'number': 1000}, first_user=79, users=1),
    ]
    for tls, ceiling in (('', 5), ('s', 20)):
        out.append(Row('idle' + tls, 'connection in IDLE: memory of all processes' + (', TLS' if tls else ''), 'idle', MEMORY, 'imap' + tls,
                       kind='idle', connections=10000, ceiling=ceiling, **WATCHED))
    for watchers in (1, 100, 10000):
        out.append(Row('push-%d' % watchers, 'from 250 to EXISTS in IDLE, %s sessions wait: p99' % '{:,}'.format(watchers), 'idle', TIME,
                       kind='push', connections=watchers, ceiling=5, first_user=0, users=min(50, watchers)))
    out += [
        Row('fetch-still', 'FETCH of one message (FLAGS, two headers), 4 connections: p99, nothing moves', None, TIME, kind='fetch-still',
            connections=4, only='barid'),
        Row('fetch-moving', 'the same while two thirds of the log are given back: p99', None, TIME, kind='fetch-moving', connections=4,
            only='barid'),
        Row('start', 'from start to the first greeting', None, TIME, kind='start'),
        Row('start-many', 'the same with %s accounts, each with mail' % '{:,}'.format(MANY), None, TIME, kind='start-many',
            only='barid'),  # to make so many accounts takes the others many minutes
        Row('rebuild-after', 'index deleted after all of this run: until it is made anew', None, TIME, kind='rebuild', only='barid'),
        Row('rest-memory', 'memory at rest after this run', None, MEMORY, kind='rest-memory'),
        Row('rest-cpu', 'processor time a minute at rest', None, TIME, kind='rest-cpu'),
    ]
    return out
