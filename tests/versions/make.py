#!/usr/bin/python3
"""Makes the small store that is kept for a format version: tests/versions/N/store.tar.xz, and contents.json, what a client saw in it.

    BARID=build/barid tests/versions/make.py tests/versions/2

Make one when a version of a record, of a segment or of the accounts directory has landed, or a new kind of op or record; never make an old
one again. The life of it has all kinds of changes in it, a clean stop, and a kill -9 at the end, so that the log is ahead of the index."""
import fcntl
import json
import socket
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import contents
from barid import PROGRAM, Barid, until

LONG = b''.join(b'%06d the quick brown fox jumps over the lazy dog\r\n' % i for i in range(12000))  # three chunks


def text(number, body=b'Hello.\r\n'):
    return b'From: Anna <anna@example.org>\r\nTo: ben@example.org\r\nSubject: Number %d\r\nMessage-ID: <%d@example.org>\r\n\r\n%s' % (
        number, number, body)


def deliver(server, data, *recipients):
    with socket.create_connection(('127.0.0.1', server.ports['lmtp']), 20) as s:
        f = s.makefile('rwb')

        def answer():
            line = f.readline()
            while line[3:4] == b'-':
                line = f.readline()
            return line

        def say(line):
            f.write(line + b'\r\n')
            f.flush()
            return answer()
        answer()
        say(b'LHLO here')
        say(b'MAIL FROM:<sender@example.org>')
        for recipient in recipients:
            assert say(b'RCPT TO:<%s>' % recipient.encode()).startswith(b'250'), recipient
        assert say(b'DATA').startswith(b'354')
        f.write(data + b'\r\n.\r\n')
        f.flush()
        for _ in recipients:
            assert answer().startswith(b'250')


def good(answered):
    assert answered[0] == 'OK', answered


def append(client, mailbox, data, flags=None, date='"17-Jul-1996 02:44:25 -0700"'):
    good(client.append(mailbox, flags, date, data))


def first_life(server):
    for number in range(3):
        deliver(server, text(number), 'anna@example.org', 'ben@example.org')
    deliver(server, text(3, LONG), 'anna@example.org')
    client = contents.login(server, 'anna@example.org')
    append(client, 'Drafts', text(4), '(\\Draft)')
    append(client, 'INBOX', text(5, 'بريد\r\n'.encode()), '(\\Seen $Forwarded Work)')
    append(client, 'INBOX', text(6, LONG[:200000]), '(\\Flagged)')
    for name in ('Work', 'Work/2025', '"&BigGMQZKBi8-"', 'Gone'):
        good(client.create(name))
        good(client.subscribe(name))
    good(client.select('INBOX'))
    good(client.uid('STORE', '1:2', '+FLAGS', '(\\Answered Todo)'))
    good(client.uid('COPY', '1:3', 'Work/2025'))
    good(client.uid('MOVE', '5', '"&BigGMQZKBi8-"'))
    good(client.uid('STORE', '2', '+FLAGS', '(\\Deleted)'))
    good(client.uid('EXPUNGE', '2'))
    append(client, 'Gone', text(7))
    good(client.delete('Gone'))
    good(client.rename('Work', 'Done'))
    good(client.unsubscribe('Work'))
    client.logout()


def second_life(server):
    deliver(server, text(8), 'ben@example.org', 'anna@example.org')
    client = contents.login(server, 'ben@example.org')
    good(client.select('INBOX'))
    good(client.uid('STORE', '1:*', '-FLAGS', '(\\Seen)'))
    good(client.uid('MOVE', '1', 'Archive'))
    client.logout()


def third_life(server):
    deliver(server, text(9), 'anna@example.org')
    client = contents.login(server, 'anna@example.org')
    good(client.create('Late'))
    append(client, 'Late', text(10, LONG[:300000]), '(Late-Keyword)')
    good(client.select('Done/2025'))
    good(client.uid('STORE', '1', 'FLAGS', '(\\Deleted)'))
    good(client.expunge())
    client.logout()


def accounts(server):
    for name in ('anna@example.org', 'ben@example.org', 'carl@example.org', 'dora@example.org'):
        server.account(name)
    for words in (['account', 'passwd', 'carl@example.org', '--password-stdin'], ['account', 'remove', 'dora@example.org', '--yes']):
        subprocess.run([PROGRAM, *words, '--data', str(server.data)], input='another\n', text=True, check=True, capture_output=True)


def kill(server):
    """super's end is the end of the others; until then they hold the lock."""
    server.process.kill()
    server.process.wait()
    until(lambda: is_free(server.data / 'lock'))


def again(server):
    server.out.unlink()  # what is waited for is the word of the new process
    server.up()


def is_free(path):
    with open(path) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def pack(data, path):
    """Without what is not the store's: sockets, the lock, the certificate."""
    with tarfile.open(path, 'w:xz') as tar:
        for part in ['layout', 'auth', *sorted(p.name for p in data.glob('shard-*'))]:
            tar.add(data / part, part, filter=anonymous)


def anonymous(info):
    """Nor what the index's engine says of itself and its place."""
    if info.name.endswith(('/LOG', '/LOCK')) or '/LOG.old' in info.name or '/OPTIONS-' in info.name:
        return None
    info.uid = info.gid = 0
    info.uname = info.gname = ''
    return info


def main(target):
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as work:
        server = Barid(work, index_cache='1m')
        server.up()
        accounts(server)
        first_life(server)
        server.stop()
        again(server)
        second_life(server)
        server.stop()
        again(server)
        third_life(server)
        seen = {user: contents.account(server, user) for user in ('anna@example.org', 'ben@example.org')}
        kill(server)
        pack(server.data, target / 'store.tar.xz')
    facts = {'accounts': seen, 'passwords': {'carl@example.org': 'another'}, 'refused': ['dora@example.org']}
    (target / 'contents.json').write_text(json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False) + '\n')


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
