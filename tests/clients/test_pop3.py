"""What POP3 clients can ask for beyond fetching: languages and UTF-8 names."""
import mailbox
import os
import poplib
import subprocess

import pytest

import served
from post import Post, message

pytestmark = pytest.mark.barid_only('no other server has these')


def connect(server):
    return poplib.POP3('localhost', server.ports['pop3'], timeout=20)


@pytest.mark.parametrize('stored, said', [('zoë', 'zoe\u0308'), ('زينب', 'زينب')])
def test_names_in_utf8(server, stored, said):
    """RFC 6856 §2.2: a name is the same in whatever form a keyboard composes it."""
    server.add_accounts([stored])
    c = connect(server)
    c.encoding = 'UTF-8'
    assert c.utf8().startswith(b'+OK')
    c.user('%s@example.org' % said)
    assert c.pass_('%s' % served.PASSWORD).startswith(b'+OK')
    c.quit()


@pytest.mark.parametrize('tag, word', [('ar', 'مع السلامة'), ('fr', 'au revoir'), ('zh', '再见')])
def test_quit_in_a_language(server, account, tag, word):
    c = connect(server)
    assert c._shortcmd('LANG ' + tag).startswith(b'+OK ' + tag.encode())
    c.user(account.user)
    c.pass_(account.password)
    assert c.quit().decode() == '+OK ' + word


SECRET = 'tanstaaf-é'


@pytest.fixture
def apop(own_server):
    """A server whose POP3 offers APOP, with an account that has a secret and two messages."""
    server = own_server(pop3_apop='pop3').up()
    account = server.new_account()
    done = server.run('account', 'apop', account.user, '--password-stdin', input=SECRET.encode() + b'\n')
    assert done.returncode == 0, done.stderr
    post = Post(server, account)
    post.append(message('one'), message('two'))
    yield server, account
    post.close()


def refuse(server, user, secret):
    c = connect(server)
    c.encoding = 'UTF-8'
    with pytest.raises(poplib.error_proto, match='AUTH'):
        c.apop(user, secret)


def test_apop_by_poplib(apop):
    server, account = apop
    refuse(server, account.user, 'another')
    refuse(server, 'nobody@example.org', SECRET)
    refuse(server, server.new_account().user, SECRET)  # one that has no secret
    c = connect(server)
    c.encoding = 'UTF-8'
    assert b'<' in c.welcome
    c.apop(account.user, SECRET)
    assert c.stat()[0] == 2
    c.quit()
    with pytest.raises(poplib.error_proto, match='AUTH'):  # the secret is no password
        c = connect(server)
        c.encoding = 'UTF-8'
        c.user(account.user)
        c.pass_(SECRET)


def test_apop_is_taken_away_and_kept(apop):
    server, account = apop
    assert b'"apop": true' in server.run('account', 'show', account.user, '--json').stdout
    server.stop()
    assert SECRET.encode() not in b''.join(p.read_bytes() for p in (server.data / 'auth').rglob('*') if p.is_file())
    server.again()
    c = connect(server)
    c.encoding = 'UTF-8'
    c.apop(account.user, SECRET)
    c.quit()
    assert server.run('account', 'apop', account.user, '--off').returncode == 0
    assert b'"apop": false' in server.run('account', 'show', account.user, '--json').stdout
    refuse(server, account.user, SECRET)


@pytest.mark.needs('curl')
def test_apop_by_curl(apop):
    server, account = apop
    done = subprocess.run(['curl', '-sv', '--login-options', 'AUTH=+APOP', '-u', '%s:%s' % (account.user, SECRET),
                           'pop3://localhost:%d/1' % server.ports['pop3']], capture_output=True, timeout=30)
    assert b'APOP ' in done.stderr and b'Subject: one' in done.stdout, done.stderr


@pytest.mark.needs('fetchmail')
def test_apop_by_fetchmail(apop, tmp_path):
    server, account = apop
    rc = tmp_path / 'rc'
    rc.write_text('poll localhost service %d protocol APOP uidl\n user "%s" password "%s" keep sslproto "" mda "cat >>%s/got"\n' % (
        server.ports['pop3'], account.user, SECRET, tmp_path))
    rc.chmod(0o600)
    done = subprocess.run(['fetchmail', '-f', str(rc), '-i', str(tmp_path / 'ids'), '--pidfile', str(tmp_path / 'pid'), '-v',
                           '--nosyslog'], capture_output=True, timeout=60,
                          env={**os.environ, 'FETCHMAILHOME': str(tmp_path)})
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors='replace')[-3000:]
    assert b'APOP ' in done.stdout and (tmp_path / 'got').read_bytes().count(b'Subject: ') == 2


@pytest.mark.needs('mpop')
def test_apop_by_mpop(apop, tmp_path):
    server, account = apop
    rc = tmp_path / 'mpoprc'
    rc.write_text('\n'.join(['account a', 'host localhost', 'port %d' % server.ports['pop3'], 'user %s' % account.user,
                             'password %s' % SECRET, 'tls off', 'auth apop', 'keep on', 'delivery mbox %s/mbox' % tmp_path,
                             'uidls_file %s/uidls' % tmp_path, '']))
    rc.chmod(0o600)
    done = subprocess.run(['mpop', '-C', str(rc), 'a'], capture_output=True, timeout=60)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors='replace')
    assert [m['subject'] for m in mailbox.mbox(tmp_path / 'mbox')] == ['one', 'two']


@pytest.mark.needs('fetchmail')
def test_fetchmail_takes_surrogates(own_server, tmp_path):
    """RFC 6858: it knows nothing of UTF8; the sizes that it is told are those of what it is sent, or it would complain."""
    server = own_server(utf8_downgrade='yes').up()
    account = server.new_account()
    post = Post(server, account)
    post.append('From: Zoë <zoë@example.org>\r\nSubject: café\r\nX-Note: é\r\n\r\nhello\r\n'.encode(), message('two'))
    rc = tmp_path / 'rc'
    rc.write_text('poll localhost service %d protocol POP3 uidl\n user "%s" password "%s" keep sslproto "" mda "cat >>%s/got"\n' % (
        server.ports['pop3'], account.user, account.password, tmp_path))
    rc.chmod(0o600)
    done = subprocess.run(['fetchmail', '-f', str(rc), '-i', str(tmp_path / 'ids'), '--pidfile', str(tmp_path / 'pid'), '-v',
                           '--nosyslog'], capture_output=True, timeout=60,
                          env={**os.environ, 'LC_ALL': 'C', 'FETCHMAILHOME': str(tmp_path)})
    post.close()
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors='replace')[-3000:]
    got = (tmp_path / 'got').read_bytes()
    assert b'<invalid@internationalized-address.invalid>' in got and b'Subject: =?utf-8?b?Y2Fmw6k=?=' in got
    assert b'X-Note' not in got and got.count(b'Subject: ') == 2
    assert b'size' not in done.stderr
