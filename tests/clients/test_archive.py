"""The archive of tests/archive: brought in by `barid import`, read back byte for byte by IMAP, POP3 and `barid export`,
with its flags and dates."""
import calendar
import imaplib
import re
import socket
import subprocess
import sys
import time

import pytest

from post import Post
from served import TESTS

sys.path.insert(0, str(TESTS / 'archive'))
import make  # noqa: E402
from messages import messages  # noqa: E402

pytestmark = pytest.mark.barid_only('its commands')
EX_DATAERR = 65  # sysexits.h
LETTERS = {v: k for k, v in make.MAILDIR_LETTERS.items()}


@pytest.fixture(scope='module')
def archive(tmp_path_factory):
    root = tmp_path_factory.mktemp('archive')
    subprocess.run([sys.executable, TESTS / 'archive' / 'make.py', root], check=True, capture_output=True)
    return root


@pytest.fixture(scope='module')
def mails():
    return messages()


def empty(mails):
    return next(m for m in mails if not m.data)


@pytest.fixture(scope='module')
def imported(server, archive, mails):
    """An account with the Maildir in it."""
    account = server.new_account()
    done = server.run('import', account.user, archive / 'Maildir')
    said = (done.stdout + done.stderr).decode(errors='replace')
    # a message of no octets is none (RFC 3502 takes it as a word to give up): named, and the rest is there
    assert done.returncode == EX_DATAERR and '199 messages' in said, said
    assert re.search(r'cur/%d\.\S+ is refused' % empty(mails).date, said), said
    return account


def by_imap(server, account, mailbox='INBOX'):
    """[(seconds, flags, bytes)]"""
    post = Post(server, account)
    c = post.imap(mailbox, tls=True)
    kind, data = c.fetch('1:*', '(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])')
    assert kind == 'OK'
    found = []
    for item in data:
        if isinstance(item, tuple):
            said = item[0].decode()
            assert int(re.search(r'RFC822.SIZE (\d+)', said)[1]) == len(item[1]), said
            flags = set(re.search(r'FLAGS \(([^)]*)\)', said)[1].split()) - {'\\Recent'}
            found.append((calendar.timegm(time.gmtime(time.mktime(imaplib.Internaldate2tuple(item[0])))), flags, item[1]))
    c.logout()
    return found


def expect(mails):
    return {(m.date, frozenset(m.flags), m.wire): m.name for m in mails}


def compare(found, mails):
    """By what is wrong with which message."""
    wanted = expect(mails)
    got = {(date, frozenset(flags), raw) for date, flags, raw in found}
    lost = sorted(wanted[key] for key in set(wanted) - got)
    alien = [(date, sorted(flags), len(raw), raw[:100]) for date, flags, raw in got - set(wanted)]
    assert not lost and not alien, '%d not as they were: %s; instead %d: %s' % (len(lost), lost, len(alien), alien[:5])
    assert len(found) == len(mails)


@pytest.fixture
def stored(mails):
    return [m for m in mails if m.data]


def test_by_imap(server, imported, stored):
    compare(by_imap(server, imported), stored)


def section(c, name):
    """{number: bytes} of all messages. What is short may come as a quoted string."""
    kind, data = c.fetch('1:*', 'BODY.PEEK[%s]' % name)
    assert kind == 'OK'
    found = {}
    for item in data:
        if isinstance(item, tuple):
            found[int(item[0].split()[0])] = item[1]
        elif quoted := re.match(rb'(\d+) \(BODY\[\w+\] "(.*)"\)$', item):
            found[int(quoted[1])] = re.sub(rb'\\(.)', rb'\1', quoted[2])
    return found


def test_by_imap_in_parts(server, imported, stored):
    """Partial fetches put together, header and text, and the sizes in BODYSTRUCTURE: no broken message fails them."""
    post = Post(server, imported)
    c = post.imap('INBOX')
    kind, data = c.fetch('1:*', '(ENVELOPE BODYSTRUCTURE BODY)')
    assert kind == 'OK' and sum(len(re.findall(rb'^\d+ \(', x if isinstance(x, bytes) else x[0])) for x in data) == len(stored)
    header, text = section(c, 'HEADER'), section(c, 'TEXT')
    whole = {header[n] + text[n] for n in header}
    assert not [m.name for m in stored if m.wire not in whole]
    big = max(stored, key=lambda m: len(m.wire))
    number = sorted(stored, key=lambda m: m.date).index(big) + 1
    got = b''
    while True:
        part = c.fetch(str(number), 'BODY.PEEK[]<%d.1000000>' % len(got))[1][0]
        if not isinstance(part, tuple) or not part[1]:
            break
        got += part[1]
    assert got == big.wire
    post.close()


def by_pop(server, account):
    with socket.create_connection(('127.0.0.1', server.ports['pop3']), 60) as s, s.makefile('rb') as lines:
        def command(text):
            s.sendall(text.encode() + b'\r\n')
            answer = lines.readline()
            assert answer.startswith(b'+OK'), (text, answer)
            return answer

        def rest():
            out = []
            while (line := lines.readline()) != b'.\r\n':
                assert line, 'closed'
                while not line.endswith(b'\r\n'):
                    line += lines.readline()
                out.append(line[1:] if line.startswith(b'.') else line)
            return b''.join(out)

        lines.readline()
        command('USER ' + account.user)
        command('PASS ' + account.password)
        command('LIST')
        sizes = [int(line.split()[1]) for line in rest().splitlines()]
        found = []
        for n, size in enumerate(sizes, 1):
            command('RETR %d' % n)
            raw = rest()
            assert abs(len(raw) - size) <= 2  # the protocol ends a last line that has no end
            found.append(raw)
        command('QUIT')
        return found


def test_by_pop3(server, imported, stored):
    found = by_pop(server, imported)
    assert len(found) == len(stored)

    def ended(raw):
        return raw if raw.endswith(b'\r\n') or not raw else raw + b'\r\n'
    wanted = sorted(ended(m.wire) for m in stored)
    names = {ended(m.wire): m.name for m in stored}
    lost = [names[raw] for raw in wanted if raw not in set(found)]
    assert not lost and sorted(found) == wanted, lost


def read_maildir(root):
    out = []
    for part in ('cur', 'new'):
        for file in (root / part).glob('*'):
            letters = file.name.partition(':2,')[2]
            out.append((int(file.stat().st_mtime), {LETTERS[x] for x in letters}, file.read_bytes()))
    return out


def test_by_export(server, imported, stored, tmp_path):
    """With LF. A line end that was CRLF in the file was the same to the server as one that was LF."""
    done = server.run('export', imported.user, tmp_path / 'out')
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors='replace')
    found = read_maildir(tmp_path / 'out')
    wanted = {(m.date, frozenset(m.flags), m.wire.replace(b'\r\n', b'\n')): m.name for m in stored}
    got = {(date, frozenset(flags), raw) for date, flags, raw in found}
    lost = sorted(wanted[key] for key in set(wanted) - got)
    assert not lost and len(found) == len(stored), (lost, [(d, sorted(f), len(r), r[:60]) for d, f, r in got - set(wanted)][:5])


def test_mbox_in_and_out(server, archive, mails, tmp_path):
    account = server.new_account()
    done = server.run('import', account.user, archive / 'mbox', '--mailbox', 'from mbox')
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors='replace')
    post = Post(server, account)
    names = [n for n in post.mailboxes() if n.startswith('from mbox')]
    name = next(n for n in reversed(names) if post.look(n))
    there = [m for m in mails if make.fits_mbox(m)]
    compare(by_imap(server, account, name), there)
    done = server.run('export', account.user, tmp_path / 'out', '--format', 'mbox', '--mailbox', name)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors='replace')
    again = server.new_account()
    files = [f for f in [tmp_path / 'out', *(tmp_path / 'out').rglob('*')] if f.is_file() and f.stat().st_size]
    assert len(files) == 1
    done = server.run('import', again.user, files[0], '--mailbox', 'once more')
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors='replace')
    name = next(n for n in reversed(Post(server, again).mailboxes()) if n.startswith('once more') and
                Post(server, again).look(n))
    compare(by_imap(server, again, name), there)
