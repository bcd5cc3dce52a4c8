"""offlineimap, getmail (IMAP and POP3) and imapfilter: copies, takes away, files by rules."""
import os
import re
import subprocess

import pytest

from post import ARABIC_FOLDER, ARABIC_TEXT, message, utf7, welcome


def run(dir, *command, code=0):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=90, stdin=subprocess.DEVNULL,
                          env={**os.environ, 'HOME': str(dir), 'LC_ALL': 'C.UTF-8'})
    assert done.returncode == code, (done.stdout + done.stderr)[-4000:]
    return done.stdout + done.stderr


def subjects(maildir):
    found = [f.read_bytes() for part in ('cur', 'new') for f in (maildir / part).glob('*')]
    return sorted(re.search(rb'(?m)^Subject: (.*?)\r?$', raw)[1].decode() for raw in found)


@pytest.fixture
def offlineimap(server, account, tmp_path):
    rc = tmp_path / 'rc'
    rc.write_text('''
[general]
accounts = it
metadata = {dir}/state
[Account it]
localrepository = near
remoterepository = far
utf8foldernames = yes
[Repository near]
type = Maildir
localfolders = {dir}/mail
[Repository far]
type = IMAP
ssl = yes
remotehost = localhost
remoteport = {port}
remoteuser = {user}
remotepass = {password}
sslcacertfile = {ca}
'''.format(dir=tmp_path, port=server.ports['imaps'], user=account.user, password=account.password, ca=server.ca))
    return lambda: run(tmp_path, 'offlineimap', '-c', rc, '-u', 'basic', '-o')


@pytest.mark.needs('offlineimap')
def test_offlineimap_both_ways(offlineimap, post, tmp_path):
    post.create(ARABIC_FOLDER)
    post.append(message('far one'), message('far two'), flags='(\\Flagged)')
    post.append(welcome(), mailbox=ARABIC_FOLDER)
    offlineimap()
    inbox = tmp_path / 'mail' / 'INBOX'
    assert subjects(inbox) == ['far one', 'far two'] and len(subjects(tmp_path / 'mail' / ARABIC_FOLDER)) == 1
    assert [f.name.rpartition(',')[2] for f in inbox.rglob('*:2,*')] == ['F', 'F']
    (inbox / 'cur' / '1.near:2,S').write_bytes(message('near one').replace(b'\r\n', b'\n'))
    next(f for f in inbox.rglob('*:2,*') if b'far two' in f.read_bytes()).unlink()
    c = post.imap('INBOX')
    c.store('1', '+FLAGS', '(\\Seen)')
    offlineimap()
    assert sorted(post.subjects()) == ['far one', 'near one'] == subjects(inbox)
    assert all('\\Seen' in flags for _, flags, _ in post.look())
    near, far = sorted(f.name for f in inbox.rglob('*') if f.is_file()), post.look()
    offlineimap()
    assert near == sorted(f.name for f in inbox.rglob('*') if f.is_file()) and far == post.look()


@pytest.fixture
def getmail(server, account, tmp_path):
    def get(kind, delete, after=None):
        (tmp_path / 'mail' / 'new').mkdir(parents=True, exist_ok=True)
        mda = tmp_path / 'mda'  # its own Maildir it will not write as root
        mda.write_text('#!/bin/sh\ncat >"%s/mail/new/$(date +%%N)"\n' % tmp_path)
        mda.chmod(0o755)
        protocol = 'imap' if 'IMAP' in kind else 'pop3'
        rc = tmp_path / 'getmailrc'
        rc.write_text('''
[retriever]
type = Simple{kind}SSLRetriever
server = localhost
port = {port}
username = {user}
password = {password}
ca_certs = {ca}
[destination]
type = MDA_external
path = {dir}/mda
allow_root_commands = true
[options]
delete = {delete}
{after}
read_all = false
delivered_to = false
received = false
'''.format(kind=kind, port=server.ports[protocol + 's'], user=account.user, password=account.password, ca=server.ca, dir=tmp_path,
           delete=str(delete).lower(), after='delete_after = %d' % after if after else ''))
        run(tmp_path, 'getmail', '--getmaildir', tmp_path, '--rcfile', rc)
        return subjects(tmp_path / 'mail')
    return get


@pytest.mark.needs('getmail')
@pytest.mark.parametrize('kind', ['POP3', 'IMAP'])
def test_getmail(getmail, post, tmp_path, kind):
    post.append(message('one'), message('two', 'a\n.\n..b\n'))
    assert getmail(kind, False) == getmail(kind, False) == ['one', 'two']
    assert len(post.look()) == 2
    post.append(message('three'))
    assert getmail(kind, False, after=15) == ['one', 'three', 'two'] and len(post.look()) == 3
    assert getmail(kind, True) == ['one', 'three', 'two'] and post.look() == []
    assert any(b'\n.\n..b\n' in f.read_bytes() for f in (tmp_path / 'mail' / 'new').glob('*'))


RULES = '''
options.timeout = 30
options.create = true
options.subscribe = true
it = IMAP {{ server = 'localhost', port = {port}, username = '{user}', password = '{password}', ssl = 'auto' }}
mailboxes = it:list_all()
big = it.INBOX:is_larger(5000)
big:move_messages(it['{folder}'])
invoices = it.INBOX:contain_subject('invoice') * it.INBOX:is_unseen()
invoices:mark_flagged()
spam = it.INBOX:contain_body('xylophage') + it.INBOX:contain_from('nobody@example.invalid')
spam:delete_messages()
old = it.INBOX:match_header('(?m)^Subject: old')
old:copy_messages(it['Archive'])
print(#big, #invoices, #spam, #old)
'''


@pytest.mark.needs('imapfilter')
def test_imapfilter_files_by_rules(server, account, post, tmp_path):
    post.create(ARABIC_FOLDER)
    post.append(message('large', 'x' * 70 + '\n' + ('y' * 70 + '\n') * 100), message('invoice 1'), message('junk', 'a xylophage\n'),
                message('old one'), welcome())
    rules = tmp_path / 'rules.lua'
    rules.write_text(RULES.format(port=server.ports['imaps'], user=account.user, password=account.password,
                                  folder=ARABIC_FOLDER))
    said = run(tmp_path, 'imapfilter', '-t', server.ca, '-c', rules)
    assert re.search(r'1\\t1\\t1\\t1'.replace('\\\\', '\\'), said), said
    assert post.subjects(ARABIC_FOLDER) == ['large'] and post.subjects('Archive') == ['old one']
    left = post.look()
    assert len(left) == 3 and [flags for _, flags, raw in left if b'invoice' in raw] == [{'\\Flagged'}]
    assert any(ARABIC_TEXT.encode() in raw or b'base64' in raw for _, _, raw in left)
