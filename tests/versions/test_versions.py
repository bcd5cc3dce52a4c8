"""A store of each format version that has landed, opened with this program: every message is there, byte for byte; and a store of a
newer version is refused, and not touched."""
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import contents
import pytest
from barid import Barid, nobody

HERE = Path(__file__).parent
STORES = sorted(p.parent for p in HERE.glob('*/store.tar.xz'))
CONFIG = 78


def give_to_user(server):
    if os.getuid() == 0:
        subprocess.run(['chown', '-R', str(nobody()), str(server.data)], check=True)


@pytest.fixture(params=STORES, ids=lambda p: p.name)
def kept(request, tmp_path):
    """A server on that store, and what was seen in it."""
    server = Barid(tmp_path)
    server.data.mkdir(mode=0o700)
    with tarfile.open(request.param / 'store.tar.xz') as tar:
        tar.extractall(server.data)
    give_to_user(server)
    yield server, json.loads((request.param / 'contents.json').read_text())
    server.stop()


def check(server, facts):
    for user, wanted in facts['accounts'].items():
        assert contents.account(server, user) == wanted, user
    for user, password in facts['passwords'].items():
        contents.login(server, user, password).logout()
    for user in facts['refused']:
        assert contents.refused(server, user)


def again(server):
    server.stop()
    server.out.unlink()
    server.up()


def test_all_of_it_is_there(kept):
    server, facts = kept
    server.up()
    check(server, facts)
    again(server)
    check(server, facts)


def test_it_is_there_without_its_index(kept):
    server, facts = kept
    for index in server.data.glob('shard-*/index'):
        shutil.rmtree(index)
    server.up()
    check(server, facts)


def test_new_mail_comes_beside_the_old(kept):
    server, facts = kept
    server.up()
    client = contents.login(server, 'ben@example.org')
    assert client.append('Later', None, None, b'Subject: x\r\n\r\nx\r\n')[0] == 'NO'
    assert client.create('Later')[0] == 'OK'
    assert client.append('Later', None, None, b'Subject: x\r\n\r\nx\r\n')[0] == 'OK'
    client.logout()
    again(server)
    seen = contents.account(server, 'ben@example.org')
    assert len(seen['mailboxes'].pop('Later')['messages']) == 1
    assert seen == facts['accounts']['ben@example.org']


# ── Newer ones ──

def fingerprint(server, what):
    """Of what a newer version has to find as it left it: the files of the store that was refused."""
    parts = ['auth'] if what.startswith('account') else ['layout'] if what == 'layout' else ['shard-0/log']
    files = [f for part in parts for f in [server.data / part, *(server.data / part).rglob('*')] if f.is_file()]
    return {str(f.relative_to(server.data)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def made_newer(server, what):
    """The program beside barid that writes one thing anew with a higher version, and its checksum."""
    tool = Path(os.environ.get('BARID_BUILD') or HERE.parents[1] / 'build') / 'barid-newer'
    subprocess.run([str(tool), str(server.data), what], check=True)
    give_to_user(server)


@pytest.fixture
def filled(server):
    server.up()
    server.account('anna')
    client = server.imap('anna')
    assert client.append('INBOX', None, None, b'Subject: x\r\n\r\nx\r\n')[0] == 'OK'
    client.logout()
    server.stop()
    server.out.unlink()
    return server


@pytest.mark.parametrize('what', ['layout', 'segment', 'record', 'record-type', 'store', 'batch', 'op', 'snapshot', 'index',
                                  'accounts-segment', 'accounts-record', 'account', 'account-type'])
def test_a_newer_one_is_refused_and_left_alone(filled, what):
    made_newer(filled, what)
    before = fingerprint(filled, what)
    code, log = filled.fails()
    assert code == CONFIG, log
    said = [line for line in log.splitlines() if 'newer' in line]
    assert len(said) == 1, log
    assert 'ten seconds are over' not in log  # the other processes do not wait for something that never comes
    assert fingerprint(filled, what) == before
