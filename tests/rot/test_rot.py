"""Bits that turn in the files of a real server: src/store/rot_test.c tries thousands of places, here is what an administrator and a client see."""
import poplib
import subprocess

import pytest
from barid import PASSWORD, PROGRAM

SMALL = b'Subject: small %d\r\n\r\nThe quick brown fox %d.\r\n'
LONG = b'Subject: long\r\n\r\n' + b''.join(b'%06d jumps over the lazy dog\r\n' % i for i in range(20000))


@pytest.fixture
def filled(server):
    """anna: UID 1 to 3 small, 4 long; ben has mail too."""
    server.up()
    for user in ('anna', 'ben'):
        server.account(user)
        client = server.imap(user)
        for i in range(3):
            assert client.append('INBOX', None, None, SMALL % (i, i))[0] == 'OK'
        assert client.append('INBOX', None, None, LONG)[0] == 'OK'
        client.logout()
    server.stop()
    server.out.unlink()
    return server


def flip(server, pattern, text, nth=0):
    """Turns a bit of the `nth` place where `text` stands in the files that fit."""
    for path in sorted(server.data.glob(pattern)):
        data = bytearray(path.read_bytes())
        at = -1
        while (at := data.find(text, at + 1)) >= 0:
            if nth == 0:
                data[at + len(text) // 2] ^= 4
                path.write_bytes(data)
                return
            nth -= 1
    raise AssertionError('%r stands nowhere' % text)


def fetch(client, uid):
    return client.uid('FETCH', str(uid), '(BODY.PEEK[])')


def bodies(client, uids):
    answer, found = fetch(client, uids)
    assert answer == 'OK', found
    return [part[1] for part in found if isinstance(part, tuple)]


def check_deep(server):
    done = subprocess.run([PROGRAM, 'check', '--deep', '--config', str(server.config)], text=True, capture_output=True)
    return done.returncode, done.stderr


def test_a_small_message(filled):
    flip(filled, 'shard-0/log/*.log', b'brown fox 1')
    code, said = check_deep(filled)
    assert code == 78 and 'UID 2' in said
    filled.up()
    client = filled.imap('anna')
    client.select('INBOX')
    answer, words = fetch(client, 2)
    assert answer == 'NO' and b'UID 2 cannot be read' in words[0]
    for uid, i in ((1, 0), (3, 2)):
        assert bodies(client, uid) == [SMALL % (i, i)]
    assert client.append('INBOX', None, None, SMALL % (9, 9))[0] == 'OK'
    client.logout()
    pop = poplib.POP3('127.0.0.1', filled.ports['pop3'], timeout=20)
    pop.user('anna')
    pop.pass_(PASSWORD)
    with pytest.raises(poplib.error_proto) as error:
        pop.retr(2)
    assert b'UID 2' in error.value.args[0]
    assert b'\r\n'.join(pop.retr(1)[1]) + b'\r\n' == SMALL % (0, 0)
    pop.quit()
    assert 'the message with UID 2' in filled.log()


def test_in_the_midst_of_a_long_one(filled):
    """What is not there cannot be sent; the client gets past it when it comes again."""
    flip(filled, 'shard-0/log/*.log', b'016000 jumps')
    filled.up()
    client = filled.imap('anna')
    client.select('INBOX')
    with pytest.raises(client.abort):
        fetch(client, 4)
    client = filled.imap('anna')
    client.select('INBOX')
    answer, words = fetch(client, '4')
    assert answer == 'NO' and b'UID 4 cannot be read' in words[0]
    assert bodies(client, '1:3') == [SMALL % (i, i) for i in range(3)]
    client.logout()
    ben = filled.imap('ben')
    ben.select('INBOX')
    assert bodies(ben, 4) == [LONG]


def test_the_accounts_directory(filled):
    flip(filled, 'auth/accounts/*.log', b'anna', 1)
    code, said = check_deep(filled)
    assert code == 78 and 'accounts directory' in said
    filled.up()
    assert 'accounts-repaired' in filled.log()
    for user in ('anna', 'ben'):
        filled.imap(user).logout()
    filled.stop()
    filled.out.unlink()
    assert 'accounts directory' not in check_deep(filled)[1]
    filled.up()
    assert 'accounts-repaired' not in filled.log()


def test_the_index(filled):
    for path in (filled.data / 'shard-0' / 'index').glob('*.sst'):
        data = bytearray(path.read_bytes())
        data[len(data) // 3] ^= 16
        path.write_bytes(data)
    filled.up()
    client = filled.imap('anna')
    client.select('INBOX')
    assert bodies(client, 1) == [SMALL % (0, 0)]
    client.logout()


@pytest.mark.parametrize('place', (0, 6, 7, 10, 15, 16, 20))
def test_the_layout(filled, place):
    layout = filled.data / 'layout'
    whole = layout.read_bytes()
    data = bytearray(whole)
    data[place] ^= 2
    layout.write_bytes(data)
    filled.up()
    filled.imap('anna').logout()
    assert 'layout-repaired' in filled.log()
    assert layout.read_bytes() == whole
    assert (filled.data / 'layout.bad').read_bytes() == data
