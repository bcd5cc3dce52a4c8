"""What a stranger reads in the log, by doc/STORE-FORMAT.md alone (tests/reader), is what the server says: after work of all kinds, after kills, after space
was given back, and in the stores of all versions."""
import json
import os
import random
import signal
import smtplib
import subprocess
import sys
import tarfile

import pytest

from barid import PROGRAM, ROOT, until

sys.path.insert(0, str(ROOT / 'tests' / 'reader'))
import mail  # noqa: E402
import read  # noqa: E402
import segments  # noqa: E402

BOXES = ['INBOX', 'Work', 'Work/Old', 'Play']
STEPS = 60


def one_step(server, client, user, dice):
    """Anything that a client may do; what is answered NO is as good."""
    box, other = dice.choice(BOXES), dice.choice(BOXES)
    kind = dice.randrange(10)
    if kind == 0:
        client.create('"%s"' % box)
    elif kind == 1 and box != 'INBOX' and dice.random() < 0.4:
        client.delete('"%s"' % box)
    elif kind == 2 and box != 'INBOX':
        client.rename('"%s"' % box, '"%s %d"' % (other.replace('/', ' '), dice.randrange(4)))
    elif kind in (3, 4):
        size = dice.choice([10, 3000, 300_000])
        flags = '(\\Seen kw%d)' % dice.randrange(4) if dice.random() < 0.5 else None
        client.append('"%s"' % box, flags, '"17-Jul-1996 02:44:25 -0700"', b'Subject: x\r\n\r\n' + b'a%d ' % dice.randrange(99) * (size // 4))
    elif kind == 5:
        with smtplib.LMTP('127.0.0.1', server.ports['lmtp'], timeout=20) as lmtp:
            lmtp.sendmail('a@example.net', [user], b'Subject: delivered\r\n\r\n' + b'hello\r\n' * dice.randrange(2000))
    elif client.select('"%s"' % box)[0] == 'OK':
        some = '%d:%d' % (dice.randrange(1, 9), dice.randrange(1, 30))
        if kind == 6:
            client.uid('STORE', some, dice.choice(['+FLAGS', '-FLAGS', 'FLAGS']), '(\\Flagged kw%d)' % dice.randrange(4))
        elif kind == 7:
            client.uid('COPY' if dice.random() < 0.6 else 'MOVE', some, '"%s"' % other)
        elif kind == 8:
            client.uid('STORE', some, '+FLAGS', '(\\Deleted)')
            client.expunge()
        else:
            client.unselect()


def work(server, user, seed, steps=STEPS):
    dice, client = random.Random(seed), server.imap(user)
    for _ in range(steps):
        one_step(server, client, user, dice)
    client.logout()


def places(server):
    done = subprocess.run([PROGRAM, 'account', 'list', '--json', '--config', str(server.config)], capture_output=True, text=True)
    return {a['name']: (a['shard'], a['id']) for a in map(json.loads, done.stdout.splitlines())}


def check(server, users, bytes_too=False):
    """Every account as the log has it and as the server tells it."""
    stores, count = {}, 0
    for user in users:
        client = server.imap(user)
        told = read.told(client)
        shard, id_ = places(server)[user]
        store = stores.setdefault(shard, mail.Store(server.data / ('shard-%d' % shard) / 'log'))
        account = store.accounts[id_]
        assert list(read.differences(read.seen(account), told)) == []
        assert store.rot == []
        count += sum(len(rows) for _, rows in told.values())
        for box in account.mailboxes.values() if bytes_too else ():
            client.select('"%s"' % box.name, readonly=True)
            for message in box.messages.values():
                assert store.bytes_of(message) == client.uid('FETCH', str(message.uid), '(BODY.PEEK[])')[1][0][1]
        client.logout()
    return count


def test_all_kinds_of_work(server):
    server.up()
    users = [server.account('u%d@example.org' % n) for n in range(3)]
    for n, user in enumerate(users):
        work(server, user, n)
    assert check(server, users, bytes_too=True) > 20


def test_after_kills(server):
    server.up()
    users = [server.account('u%d@example.org' % n) for n in range(2)]
    for turn in range(3):
        for n, user in enumerate(users):
            work(server, user, 10 * turn + n, STEPS // 3)
        client = server.imap(users[0])
        client.send(b'a APPEND INBOX {1000000}\r\n')  # something torn
        client.readline()
        client.send(b'x' * 500_000)
        before = [server.process_of('mail', n)['restarts'] for n in range(2)]
        for n in range(2):
            os.kill(server.process_of('mail', n)['pid'], signal.SIGKILL)
        until(lambda: all(server.process_of('mail', n)['restarts'] > before[n] and server.process_of('mail', n)['state'] == 'ready'
                          for n in range(2)))
        check(server, users)
    check(server, users, bytes_too=True)


def test_after_space_was_given_back(server):
    """Snapshots, relocations, segments that are gone."""
    server.up()
    users = [server.account('u%d@example.org' % n) for n in range(2)]
    for n, user in enumerate(users):
        work(server, user, 77 + n)
    server.stop()
    assert subprocess.run([PROGRAM, 'compact', '--config', str(server.config), '--quiet']).returncode == 0
    before = server.log().count(' ready ')
    server.start()
    until(lambda: server.log().count(' ready ') > before)
    check(server, users, bytes_too=True)
    for n, user in enumerate(users):
        work(server, user, 177 + n, 20)
    check(server, users, bytes_too=True)


@pytest.mark.parametrize('version', sorted(p.name for p in (ROOT / 'tests' / 'versions').glob('[0-9]*')))
def test_stores_of_all_versions(version, tmp_path):
    folder = ROOT / 'tests' / 'versions' / version
    with tarfile.open(folder / 'store.tar.xz') as tar:
        tar.extractall(tmp_path)
    expected = json.loads((folder / 'contents.json').read_text())['accounts']
    accounts = [a for log in tmp_path.glob('shard-*/log') for a in mail.Store(log).accounts.values()]
    found = sorted(sorted((m.uid, m.size, tuple(sorted(box.flag_names(m)))) for m in box.messages.values())
                   for a in accounts for box in a.mailboxes.values())
    assert found == sorted(sorted((m['uid'], m['size'], tuple(sorted(m['flags']))) for m in box['messages'])
                           for a in expected.values() for box in a['mailboxes'].values())


def test_a_later_version_is_refused(tmp_path):
    header = bytearray(b'BARIDLOG' + bytes([0, 2]) + bytes(46))
    (tmp_path / '0000000001.log').write_bytes(header + segments.xxh3(bytes(header)).to_bytes(8, 'big'))
    with pytest.raises(segments.Unreadable, match='later version'):
        segments.Log(tmp_path)


def test_rot_is_seen(server):
    """A flipped bit costs a record, or, where the footer has a copy, nothing; and it is not passed over in silence."""
    server.up()
    user = server.account('anna@example.org')
    work(server, user, 5)
    shard, id_ = places(server)[user]
    server.stop()
    log = next((server.data / ('shard-%d' % shard) / 'log').glob('*.log'))
    whole = mail.Store(log.parent)
    bodies = [m.body for box in whole.accounts[id_].mailboxes.values() for m in box.messages.values()]
    path = log.parent / ('%010d.log' % bodies[0][0])
    data = bytearray(path.read_bytes())
    data[bodies[0][1] + 32 + 40] ^= 1
    path.write_bytes(data)
    assert mail.Store(log.parent).rot == [bodies[0]]
    batch = next(p for p, kind, _ in whole.log.records() if kind == mail.BATCH and p[0] == bodies[0][0])
    data[batch[1] + 32 + 3] ^= 1
    path.write_bytes(data)
    again = mail.Store(log.parent)
    assert read.seen(again.accounts[id_]) == read.seen(whole.accounts[id_])
