"""curl does its real job: lists, fetches, searches and uploads, with TLS in all its forms."""
import subprocess

import pytest

from post import ARABIC_FOLDER, message, utf7, welcome

pytestmark = pytest.mark.needs('curl')


@pytest.fixture
def curl(server, account):
    def run(scheme, path='', *options, tls=False, good=True):
        url = '%s://localhost:%d/%s' % (scheme, server.ports[scheme], path)
        words = ['curl', '-sS', '--max-time', '20', '--noproxy', '*', '--cacert', str(server.ca),
                 '-u', '%s:%s' % (account.user, account.password), url, *options]
        done = subprocess.run(words + (['--ssl-reqd'] if tls else []), capture_output=True)
        assert (done.returncode == 0) == good, (done.returncode, done.stderr)
        return done.stdout
    return run


WAYS = pytest.mark.parametrize('scheme, tls', [('imap', False), ('imap', True), ('imaps', False)])
POP_WAYS = pytest.mark.parametrize('scheme, tls', [('pop3', False), ('pop3', True), ('pop3s', False)])


@WAYS
def test_lists_mailboxes(curl, scheme, tls):
    got = curl(scheme, tls=tls).decode()
    assert 'INBOX' in got and 'Sent' in got and 'Trash' in got


@WAYS
def test_fetches_a_message(curl, post, scheme, tls):
    post.append(message('one'), welcome())
    assert curl(scheme, 'INBOX;MAILINDEX=1', tls=tls) == message('one')
    assert curl(scheme, 'INBOX;UID=2', tls=tls) == welcome()
    assert curl(scheme, 'INBOX;UID=2;SECTION=HEADER.FIELDS%20(FROM)', tls=tls).startswith(b'From: Sender')


def test_searches(curl, post):
    post.append(message('needle'), message('hay'), message('needle again'))
    assert curl('imaps', 'INBOX?SUBJECT%20needle').decode().split() == ['*', 'SEARCH', '1', '3']


def test_appends_by_upload(curl, post, tmp_path):
    post.create(ARABIC_FOLDER)
    file = tmp_path / 'm.eml'
    file.write_bytes(welcome())
    curl('imaps', utf7(ARABIC_FOLDER).replace('&', '%26').replace(' ', '%20'), '-T', str(file))
    assert [(flags, raw) for _, flags, raw in post.look(ARABIC_FOLDER)] == [({'\\Seen'}, welcome())]


def test_custom_commands(curl, post):
    post.append(message('one'))
    assert b'\\Flagged' in curl('imap', 'INBOX', '-X', 'STORE 1 +FLAGS (\\Flagged)')
    assert b'FETCH' in curl('imap', 'INBOX', '-X', 'FETCH 1 (FLAGS ENVELOPE)')
    assert post.look()[0][1] == {'\\Flagged'}
    curl('imap', 'INBOX', '-X', 'NOSUCH', good=False)


@POP_WAYS
def test_pop_lists_and_retrieves(curl, post, scheme, tls):
    post.append(message('one', 'a\n.\n..dots\n'), message('two'))
    assert len(curl(scheme, tls=tls).splitlines()) == 2
    assert curl(scheme, '1', tls=tls) == message('one', 'a\n.\n..dots\n')
    assert curl(scheme, '2', tls=tls) == message('two')
    assert len(curl(scheme, '', '-X', 'UIDL', tls=tls).splitlines()) == 2


def test_pop_deletes(curl, post):
    post.append(message('one'), message('two'))
    curl('pop3s', '1', '-X', 'DELE', '-l')
    assert post.subjects() == ['two']


@pytest.mark.parametrize('scheme', ['imap', 'imaps', 'pop3', 'pop3s'])
def test_wrong_password(server, account, scheme):
    done = subprocess.run(['curl', '-sS', '--max-time', '20', '--noproxy', '*', '--cacert', str(server.ca), '-u',
                           account.user + ':wrong', '%s://localhost:%d/' % (scheme, server.ports[scheme])],
                          capture_output=True)
    assert done.returncode == 67, done.stderr
