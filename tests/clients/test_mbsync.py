"""mbsync keeps a Maildir and an account alike, in both directions: messages, flags, deletions, folders."""
import re
import subprocess

import pytest

from post import ARABIC_FOLDER, message, utf7, welcome

pytestmark = pytest.mark.needs('mbsync')

CONFIG = '''
IMAPAccount it
Host localhost
Port {port}
User {user}
Pass {password}
{tls}
SystemCertificates no
CertificateFile {ca}

IMAPStore far
Account it

MaildirStore near
Path {dir}/mail/
Inbox {dir}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
Remove Both
CopyArrivalDate yes
SyncState {dir}/state/
'''
TLS = {'none': 'SSLType None', 'starttls': 'SSLType STARTTLS', 'imaps': 'SSLType IMAPS'}


def bare(data):
    """Without the line that mbsync adds to find a message again, and with LF."""
    return re.sub(rb'X-TUID: .*\n', b'', data.replace(b'\r\n', b'\n'))


class Mbsync:
    def __init__(self, server, account, dir, tls='imaps'):
        self.dir, self.mail = dir, dir / 'mail'
        for name in ('mail', 'state'):
            (dir / name).mkdir()
        port = server.ports['imaps' if tls == 'imaps' else 'imap']
        (dir / 'rc').write_text(CONFIG.format(port=port, user=account.user, password=account.password, ca=server.ca,
                                              dir=dir, tls=TLS[tls]))

    def sync(self):
        done = subprocess.run(['mbsync', '-c', str(self.dir / 'rc'), '-V', 'all'], capture_output=True, timeout=60)
        self.said = (done.stdout + done.stderr).decode()
        assert done.returncode == 0, self.said[-3000:]
        return self

    def files(self, folder='INBOX'):
        """{subject: file}"""
        found = [f for part in ('cur', 'new') for f in (self.mail / folder / part).glob('*')]
        return {re.search(rb'(?m)^Subject: (.*)$', f.read_bytes().replace(b'\r', b''))[1].decode(): f for f in found}

    def flag(self, subject, letters, folder='INBOX'):
        file = self.files(folder)[subject]
        name = file.name.partition(':2,')[0] + ':2,' + ''.join(sorted(letters))
        file.rename(file.parent.parent / 'cur' / name)

    def flags(self, subject, folder='INBOX'):
        return set(self.files(folder)[subject].name.partition(':2,')[2])

    def put(self, name, data, folder='INBOX', flags=''):
        (self.mail / folder / 'cur' / ('%s:2,%s' % (name, flags))).write_bytes(data.replace(b'\r\n', b'\n'))

    def state(self):
        return {str(f.relative_to(self.dir)): f.read_bytes() for f in sorted(self.dir.rglob('*'))
                if f.is_file() and not f.name.startswith('.uidvalidity')}


@pytest.fixture
def mbsync(server, account, tmp_path):
    return Mbsync(server, account, tmp_path)


@pytest.mark.parametrize('tls', ['none', 'starttls', 'imaps'])
def test_messages_come_and_go(server, account, post, tmp_path, tls):
    mbsync = Mbsync(server, account, tmp_path, tls)
    post.append(message('far one'), welcome())
    mbsync.sync()
    assert len(mbsync.files()) == 2
    assert bare(mbsync.files()['far one'].read_bytes()) == bare(message('far one'))
    mbsync.put('n1', message('near one'), flags='FS')
    mbsync.sync()
    found = {bare(raw): flags for _, flags, raw in post.look()}
    assert len(found) == 3 and found[bare(message('near one'))] >= {'\\Seen', '\\Flagged'}


def test_flags_both_ways(mbsync, post):
    post.append(message('a'), message('b'), flags='(\\Seen)')
    mbsync.sync()
    assert mbsync.flags('a') == mbsync.flags('b') == {'S'}
    mbsync.flag('a', 'RS')
    c = post.imap('INBOX')
    c.store('2', '+FLAGS.SILENT', '(\\Flagged)')
    c.store('2', '-FLAGS.SILENT', '(\\Seen)')
    mbsync.sync()
    assert mbsync.flags('b') == {'F'}
    assert [flags for _, flags, _ in post.look()] == [{'\\Seen', '\\Answered'}, {'\\Flagged'}]


def test_deletions_both_ways(mbsync, post):
    post.append(message('a'), message('b'), message('c'))
    mbsync.sync()
    mbsync.files()['a'].unlink()
    c = post.imap('INBOX')
    c.store('2', '+FLAGS.SILENT', '(\\Deleted)')
    c.expunge()
    mbsync.sync()
    assert list(mbsync.files()) == ['c'] and post.subjects() == ['c']


def near_name(mbsync, name):
    """Versions of mbsync differ in whether they decode names."""
    return next(n for n in (name, utf7(name)) if (mbsync.mail / n).is_dir())


def test_folders_both_ways(mbsync, post):
    post.create(ARABIC_FOLDER, 'a/b')
    post.append(welcome(), mailbox=ARABIC_FOLDER)
    mbsync.sync()
    folder = near_name(mbsync, ARABIC_FOLDER)
    assert len(mbsync.files(folder)) == 1 and (mbsync.mail / 'a' / 'b').is_dir()
    for part in ('cur', 'new', 'tmp'):
        (mbsync.mail / 'made here' / part).mkdir(parents=True)
    mbsync.put('x', message('in a new folder'), 'made here')
    mbsync.put('y', message('beside'), folder)
    mbsync.sync()
    assert post.subjects('made here') == ['in a new folder']
    assert len(post.look(ARABIC_FOLDER)) == 2


def test_a_second_run_does_nothing(mbsync, post):
    post.append(*[message('m%d' % n) for n in range(30)])
    post.append(welcome(), flags='(\\Flagged \\Seen)')
    mbsync.sync()
    mbsync.sync()
    near, far = mbsync.state(), post.look()
    mbsync.sync()
    assert mbsync.state() == near and post.look() == far and len(far) == 31


def test_many_at_once(mbsync, post):
    """mbsync sends its commands ahead, without waiting for answers."""
    mbsync.sync()
    for n in range(150):
        mbsync.put('n%d' % n, message('near %d' % n), flags='S' if n % 2 else '')
    mbsync.sync()
    assert sorted(post.subjects()) == sorted('near %d' % n for n in range(150))
    assert sum('\\Seen' in flags for _, flags, _ in post.look()) == 75
