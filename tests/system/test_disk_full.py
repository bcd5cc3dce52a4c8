"""A disk that fills up: new mail is refused in time, reading and deleting go on, and service comes back by itself when there is room. Needs a
file system of its own to fill: a tmpfs, so root."""
import imaplib
import os
import smtplib
import subprocess
import time

import pytest
from barid import PASSWORD, PROGRAM, until

SIZE, RESERVE = 96 << 20, 16 << 20
TEXT = b'Subject: %d\r\n\r\n' + b'hello\r\n' * 2000


@pytest.fixture
def small(server):
    """The server with its data directory on a small disk."""
    server.data.mkdir()
    if os.getuid() != 0 or subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=%d' % SIZE, 'tmpfs', str(server.data)],
                                          capture_output=True).returncode:
        pytest.skip('needs root, and a tmpfs to be mounted')
    server.settings.update(shards=1, disk_reserve=str(RESERVE))
    yield server
    server.stop()
    subprocess.run(['umount', '-l', str(server.data)])


def room(server):
    st = os.statvfs(server.data)
    return st.f_bavail * st.f_frsize


def fill(server, left):
    with open(server.data / 'other', 'ab') as f:
        os.posix_fallocate(f.fileno(), f.tell(), room(server) - left)
    time.sleep(0.2)  # what the disk said is believed for 100 ms


def lmtp(server, n):
    """The reply to the data."""
    with smtplib.LMTP('127.0.0.1', server.ports['lmtp']) as c:
        c.ehlo('x')
        c.mail('a@example.net')
        assert c.rcpt('anna')[0] == 250
        return c.data(TEXT % n)


def subjects(client):
    client.select()
    found = client.fetch('1:*', '(BODY.PEEK[HEADER.FIELDS (SUBJECT)])')[1]
    return sorted(int(part[1].split()[1]) for part in found if isinstance(part, tuple))


def test_a_disk_that_is_nearly_full(small):
    small.up()
    small.account('anna')
    for n in range(5):
        assert lmtp(small, n)[0] == 250
    m = small.imap('anna')
    assert subjects(m) == [0, 1, 2, 3, 4]
    fill(small, RESERVE // 2)
    code, text = lmtp(small, 99)
    assert code == 452 and b'4.3.1' in text
    kind, answer = m.append('INBOX', None, None, TEXT % 98)
    assert kind == 'NO' and b'OVERQUOTA' in answer[0]
    kind, answer = m.copy('1', 'Trash')
    assert kind == 'NO' and b'OVERQUOTA' in answer[0]
    assert m.store('2', '+FLAGS', '(\\Flagged)')[0] == 'OK'
    assert m.store('1', '+FLAGS', '(\\Deleted)')[0] == 'OK'
    assert m.expunge()[0] == 'OK'
    assert subjects(m) == [1, 2, 3, 4]
    assert until(lambda: small.status()['shards'][0]['state'] == 'disk-low')
    assert small.log().count('the disk is nearly full') == 1

    (small.data / 'other').unlink()
    until(lambda: 'there is room on the disk again' in small.log())
    assert lmtp(small, 5)[0] == 250
    assert m.append('INBOX', None, None, TEXT % 6)[0] == 'OK'
    assert subjects(m) == [1, 2, 3, 4, 5, 6]
    assert until(lambda: small.status()['shards'][0]['state'] == 'serving')
    m.logout()


def log_in(server):
    """A session, as soon as there is one."""
    try:
        return server.imap('anna')
    except (imaplib.IMAP4.error, OSError):
        return None


def test_a_disk_that_is_full_to_the_last_byte(small):
    small.up()
    small.account('anna')
    for n in range(5):
        assert lmtp(small, n)[0] == 250
    small.stop()
    fill(small, 0)
    small.out.unlink()
    small.up()
    assert 'the reserve file is given up' in small.log()
    m = until(lambda: log_in(small))
    assert subjects(m) == [0, 1, 2, 3, 4]
    assert lmtp(small, 99)[0] == 452
    assert m.store('1', '+FLAGS', '(\\Deleted)')[0] == 'OK'
    assert m.expunge()[0] == 'OK'
    m.logout()

    (small.data / 'other').unlink()
    until(lambda: 'there is room on the disk again' in small.log())
    assert lmtp(small, 5)[0] == 250
    assert (small.data / 'shard-0' / 'reserve').exists()
    small.stop()
    small.up()
    m = until(lambda: log_in(small))
    assert subjects(m) == [1, 2, 3, 4, 5]
    m.logout()


def test_a_disk_that_fills_up_under_a_running_server(small):
    small.settings['disk_reserve'] = '0'  # nothing is refused in time: a write meets the end
    small.up()
    small.account('anna')
    acknowledged = []
    fill(small, 2 << 20)
    for n in range(1000):
        try:
            code = lmtp(small, n)[0]
        except (smtplib.SMTPException, OSError):
            break
        if code != 250:
            break
        acknowledged.append(n)
    assert 10 < len(acknowledged) < 1000
    until(lambda: 'the reserve file is given up' in small.log())
    m = until(lambda: log_in(small), seconds=30)
    found = subjects(m)
    assert set(acknowledged) <= set(found) and len(set(found)) == len(found)
    assert m.store('1:*', '+FLAGS.SILENT', '(\\Seen)')[0] == 'OK'
    m.logout()
    (small.data / 'other').unlink()
    assert until(lambda: lmtp(small, 1000)[0] == 250)
    m = small.imap('anna')
    assert set(acknowledged) | {1000} <= set(subjects(m))
    m.logout()


def change(server, *words):
    done = subprocess.run([PROGRAM, 'account', *words, '--data', str(server.data)], input=PASSWORD + '\n', text=True, capture_output=True)
    return done.returncode, done.stderr


def test_accounts_on_a_disk_that_is_full_to_the_last_byte(small):
    small.up()
    small.account('anna')
    small.account('ben')
    assert (small.data / 'auth' / 'reserve').exists()
    fill(small, 0)
    for n in range(100):  # some room is left in the log's last page
        code, said = change(small, 'passwd', 'ben', '--password-stdin')
        if code:
            break
    assert code == 75 and "the server's disk is full, and nothing is changed: make room, then try again" in said
    assert not (small.data / 'auth' / 'reserve').exists()
    small.imap('anna').logout()
    assert change(small, 'disable', 'ben') == (0, '')  # what the reserve file took is there for that
    with pytest.raises(imaplib.IMAP4.error):
        small.imap('ben')

    (small.data / 'other').unlink()
    assert change(small, 'enable', 'ben') == (0, '')
    assert (small.data / 'auth' / 'reserve').exists()
    small.imap('ben').logout()
