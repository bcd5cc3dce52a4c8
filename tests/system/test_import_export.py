"""barid import and barid export: folders, names, flags, keywords, dates and bytes, in and out again, as Maildir++ and as mbox.
The bytes of 200 varied messages are the business of tests/clients/test_archive.py; here it is all that stands around them."""
import base64
import calendar
import imaplib
import json
import os
import re
import subprocess
import time

import pytest

from barid import PROGRAM

USAGE, REFUSED, CANNOT_MAKE = 64, 65, 73  # sysexits.h
LETTERS = {'D': '\\Draft', 'F': '\\Flagged', 'R': '\\Answered', 'S': '\\Seen', 'T': '\\Deleted'}
ARABIC, CHINESE = 'البريد', '信件/存档'
START = 1_000_000_000


def message(subject, body):
    return ('From: a@example.net\nSubject: %s\n\n' % subject).encode() + body


# mailbox: [(flags, keywords, bytes)], each a second later than the one before
MAIL = {
    'INBOX': [('', (), message('one', b'new\n')),
              ('S', ('work', '$Label1'), message('NUL', b'here \0 it is\n')),
              ('FRS', (), message('bare CR', b'here\rit is\n')),
              ('DST', ('work',), message('ten megabytes', b'%s\n' % (b'z' * 75) * 140_000))],
    ARABIC: [('S', (), message('السلام عليكم', 'وصلت رسالتك\n'.encode())), ('F', ('home',), message('quotes', b'From me\n>From you\n>>From us\n'))],
    CHINESE: [('R', (), message('您好', '来信收到\n'.encode())), ('S', (), message('next', b'\nFrom the middle\n\n'))],
    'Sent': [('S', (), message('sent', b'.\n..\n'))],
}


def utf7(name):
    """Modified UTF-7, RFC 3501 §5.1.3."""
    def shifted(match):
        return '&%s-' % base64.b64encode(match[0].encode('utf-16-be')).decode().rstrip('=').replace('/', ',')
    return re.sub('[^ -~]+', shifted, name.replace('&', '&-'))


@pytest.fixture(scope='module')
def running(tmp_path_factory):
    from barid import Barid
    b = Barid(tmp_path_factory.mktemp('mail'), message_size_max='16m')
    yield b.up()
    b.stop()


@pytest.fixture
def account(running, request):
    return running.account(re.sub(r'\W', '-', request.node.name))


def barid(server, *words, code=0):
    done = subprocess.run([PROGRAM, *map(str, words), '--data', str(server.data)], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout, done.stderr


def make_maildir(root, mail):
    """One Maildir per mailbox, in the names of Maildir++; the same keyword has another letter in each."""
    for mailbox, there in mail.items():
        folder = root if mailbox == 'INBOX' else root / ''.join('.' + utf7(level) for level in mailbox.split('/'))
        for part in ('cur', 'new', 'tmp'):
            (folder / part).mkdir(parents=True)
        names = sorted({k for _, keywords, _ in there for k in keywords}, reverse=mailbox != 'INBOX')
        (folder / 'dovecot-keywords').write_text(''.join('%d %s\n' % (n, name) for n, name in enumerate(names)))
        for number, (flags, keywords, data) in enumerate(there):
            letters = flags + ''.join(sorted(chr(97 + names.index(k)) for k in keywords))
            # names against the order of time
            file = folder / ('cur/%d.x:2,%s' % (99 - number, letters) if letters else 'new/%d.x' % (99 - number))
            file.write_bytes(data)
            os.utime(file, (START + number, START + number))


def expected(mail, below=''):
    """mailbox: [(seconds, flags, bytes as IMAP shows them)]"""
    return {below + mailbox: [(START + n, {LETTERS[f] for f in flags} | set(keywords), re.sub(rb'(?<!\r)\n', b'\r\n', data))
                              for n, (flags, keywords, data) in enumerate(there)] for mailbox, there in mail.items()}


def look(server, account, mailboxes):
    found = {}
    c = server.imap(account)
    for mailbox in mailboxes:
        assert c.select('"%s"' % utf7(mailbox), readonly=True)[0] == 'OK', mailbox
        found[mailbox] = []
        for item in c.fetch('1:*', '(FLAGS INTERNALDATE BODY.PEEK[])')[1]:
            if isinstance(item, tuple):
                flags = set(re.search(rb'FLAGS \(([^)]*)\)', item[0])[1].decode().split()) - {'\\Recent'}
                date = calendar.timegm(time.gmtime(time.mktime(imaplib.Internaldate2tuple(item[0]))))
                found[mailbox].append((date, flags, item[1]))
    c.logout()
    return found


def read_maildir(root):
    """The same from a Maildir++, bytes with LF, in the order of time."""
    found = {}
    for cur in root.rglob('cur'):
        folder, there = cur.parent, []
        keywords = folder / 'dovecot-keywords'
        names = dict(line.split(' ', 1) for line in keywords.read_text().splitlines()) if keywords.exists() else {}
        for file in [*cur.iterdir(), *(folder / 'new').iterdir()]:
            letters = file.name.partition(':2,')[2]
            flags = {LETTERS[x] if x in LETTERS else names[str(ord(x) - 97)] for x in letters}
            there.append((int(file.stat().st_mtime), flags, file.read_bytes()))
        assert not list((folder / 'tmp').iterdir())
        found['' if folder == root else folder.name] = sorted(there, key=lambda m: m[0])
    return found


def with_lf(there):
    return [(date, flags, data.replace(b'\r\n', b'\n')) for date, flags, data in there]


def test_maildir_in_and_out(running, account, tmp_path):
    make_maildir(tmp_path / 'in', MAIL)
    said, _ = barid(running, 'import', account, tmp_path / 'in', '--json')
    assert json.loads(said)['imported'] == 9 and json.loads(said)['refused'] == 0
    want = expected(MAIL)
    assert look(running, account, want) == want
    c = running.imap(account)
    subscribed = b'\n'.join(c.lsub()[1]).decode()
    assert all(utf7(mailbox) in subscribed for mailbox in want)
    c.logout()

    said, _ = barid(running, 'export', account, tmp_path / 'out', '--json')
    assert json.loads(said)['exported'] == 9
    found = read_maildir(tmp_path / 'out')
    for mailbox, there in want.items():
        name = '' if mailbox == 'INBOX' else ''.join('.' + utf7(level) for level in mailbox.split('/'))
        assert found[name] == with_lf(there), mailbox
    assert look(running, account, want) == want, 'export changed something'

    again = running.account('maildir-again')
    barid(running, 'import', again, tmp_path / 'out')
    assert look(running, again, want) == want


def make_mbox(file, there):
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, 'wb') as out:
        for number, (flags, keywords, data) in enumerate(there):
            own = 'Status: %sO\n' % ('R' if 'S' in flags else '')
            own += 'X-Status: %s\n' % ''.join({'R': 'A', 'F': 'F', 'D': 'T', 'T': 'D'}.get(f, '') for f in flags)
            own += 'X-Keywords: %s\nContent-Length: 1\n' % ' '.join(keywords)
            stamp = time.strftime('%a %b %e %H:%M:%S %Y', time.gmtime(START + number))
            out.write(('From a@example.net %s\n%s' % (stamp, own)).encode() + re.sub(rb'(?m)^(>*From )', rb'>\1', data) + b'\n')


def test_mbox_in_and_out(running, account, tmp_path):
    """Content-Length is a field like another: it stays and decides nothing."""
    for mailbox, there in MAIL.items():
        make_mbox(tmp_path / 'in' / mailbox, there)
    barid(running, 'import', account, tmp_path / 'in')
    want = expected({m: [(f, k, b'Content-Length: 1\n' + d) for f, k, d in there] for m, there in MAIL.items()})
    assert look(running, account, want) == want
    barid(running, 'export', account, tmp_path / 'out', '--format', 'mbox')
    assert (tmp_path / 'out' / ARABIC).is_file() and b'\n>>From you\n>>>From us\n' in (tmp_path / 'out' / ARABIC).read_bytes()
    again = running.account('mbox-again')
    barid(running, 'import', again, tmp_path / 'out')
    assert look(running, again, want) == want


def test_below_a_mailbox(running, account, tmp_path):
    small = {mailbox: there[:2] for mailbox, there in MAIL.items()}
    make_maildir(tmp_path / 'in', small)
    barid(running, 'import', account, tmp_path / 'in', '--mailbox', 'قديم')
    want = {name.replace('/INBOX', ''): there for name, there in expected(small, 'قديم/').items()}
    assert look(running, account, want) == want
    assert look(running, account, ['INBOX']) == {'INBOX': []}
    barid(running, 'export', account, tmp_path / 'out', '--mailbox', 'قديم')
    assert list(read_maildir(tmp_path / 'out')) == ['.' + utf7('قديم')]


def test_a_refused_message_is_named_and_the_rest_goes_on(running, account, tmp_path):
    make_maildir(tmp_path / 'in', {'INBOX': [('S', (), message('a', b'1\n')), ('S', (), message('b', b'%s\n' % (b'z' * 75) * 240_000)),
                                             ('S', (), message('c', b'3\n'))]})
    said, problems = barid(running, 'import', account, tmp_path / 'in', '--json', code=REFUSED)
    assert re.search(r'cur/98\.x:2,S is refused: NO \[TOOBIG\]', problems) and problems.count('\n') == 1, problems
    assert json.loads(said)['imported'] == 2 and json.loads(said)['refused'] == 1
    assert [date for date, _, _ in look(running, account, ['INBOX'])['INBOX']] == [START, START + 2]


def test_what_is_wrong_is_said_in_one_sentence(running, account, tmp_path):
    (tmp_path / 'full').mkdir()
    (tmp_path / 'full' / 'x').write_text('mine')
    for words, code in ((('export', account, tmp_path / 'full'), CANNOT_MAKE), (('export', account, tmp_path / 'o', '--format', 'pst'), USAGE),
                        (('import', account, tmp_path / 'full' / 'x'), REFUSED)):
        said, problems = barid(running, *words, code=code)
        assert not said and problems.startswith('barid: ') and problems.count('\n') == 1, problems
    assert [p.name for p in (tmp_path / 'full').iterdir()] == ['x'] and not (tmp_path / 'o').exists()


def test_flags_set_meanwhile_do_not_end_an_export(running, account, tmp_path):
    """They come unasked among the messages."""
    import threading
    make_maildir(tmp_path / 'in', {'INBOX': [('S', (), message(str(n), b'%s\n' % (b'z' * 75) * 300)) for n in range(1000)]})
    barid(running, 'import', account, tmp_path / 'in')
    done = threading.Event()

    def device():
        c, turn = running.imap(account), 0
        c.select()
        while not done.is_set():
            c.store('1:*', '-+'[turn % 2] + 'FLAGS', '(\\Flagged)')
            turn += 1
        c.logout()
    other = threading.Thread(target=device)
    other.start()
    try:
        said, _ = barid(running, 'export', account, tmp_path / 'out', '--json')
    finally:
        done.set()
        other.join()
    assert json.loads(said)['exported'] == 1000
    assert len(read_maildir(tmp_path / 'out')['']) == 1000


def test_maildirs_within_maildirs(running, account, tmp_path):
    """The other way to keep folders: directories in directories, of which some are only on the way."""
    for n, name in enumerate(('', 'sub', 'sub/' + utf7(ARABIC), 'way/deep')):
        make_maildir(tmp_path / 'in' / name, {'INBOX': [('S', (), message(str(n), b'x\n'))]})
    (tmp_path / 'in' / 'sieve').mkdir()
    barid(running, 'import', account, tmp_path / 'in')
    for n, name in enumerate(('INBOX', 'sub', 'sub/' + ARABIC, 'way/deep')):
        assert b'Subject: %d\r\n' % n in look(running, account, [name])[name][0][2]


def test_mboxes_as_they_are_found(running, account, tmp_path):
    """Empty, with zones in their dates, and with keywords that IMAP cannot have: nothing of it costs a message or its date."""
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'empty').touch()
    dates = ('Sun Sep  9 01:46:40 2001', 'Sun Sep  9 01:46:40 UTC 2001', 'Sun Sep  9 03:46:40 2001 +0200')
    (tmp_path / 'in' / 'some').write_text(''.join('From a@b %s\nX-Keywords: work bad(one \\Odd\nSubject: x\n\nx\n\n' % d for d in dates))
    barid(running, 'import', account, tmp_path / 'in')
    found = look(running, account, ['empty', 'some'])
    assert found['empty'] == []
    assert [(date, flags) for date, flags, _ in found['some']] == [(START, {'work', 'bad_one', '_Odd'})] * 3


@pytest.mark.parametrize('command', ['import', 'export'])
def test_without_a_server(tmp_path, command):
    (tmp_path / 'mbox').touch()
    words = [command, 'someone', tmp_path / ('mbox' if command == 'import' else 'out')]
    done = subprocess.run([PROGRAM, *map(str, words), '--data', str(tmp_path / 'data')], capture_output=True, text=True, timeout=60)
    assert done.returncode == 69 and done.stderr.count('\n') == 1 and 'no server runs' in done.stderr, done.stderr
    assert not (tmp_path / 'out').exists()
