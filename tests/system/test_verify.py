"""barid verify: proves that index and log say the same, or names what does not fit and what to do."""
import json
import shutil
import smtplib
import subprocess

import pytest

from barid import PROGRAM


def verify(server, *options):
    return subprocess.run([PROGRAM, 'verify', '--config', str(server.config), *options], text=True, capture_output=True)


@pytest.fixture
def stopped(server):
    server.settings['shards'] = 1
    server.up()
    user = server.account('anna@example.org')
    for n in range(3):
        with smtplib.LMTP('127.0.0.1', server.ports['lmtp']) as lmtp:
            assert lmtp.sendmail('a@example.net', [user], b'Subject: number %d\r\n\r\nhello\r\n' % n) == {}
    server.stop()
    return server


def shard(server):
    return server.data / 'shard-0'


def test_what_is_proven(stopped):
    done = verify(stopped)
    assert done.returncode == 0 and done.stderr == ''
    assert done.stdout == 'shard 0: index = log: 1 accounts, 6 mailboxes, 3 messages, 0 kept\n'
    assert verify(stopped, '--quiet').stdout == ''
    read = json.loads(verify(stopped, '--json').stdout)
    assert read == [{'shard': 0, 'findings': [], 'proven': True, 'accounts': 1, 'mailboxes': 6, 'messages': 3, 'kept': 0,
                     'differences': 0, 'rot': 0, 'set_aside': 0}]


def test_an_index_that_is_ahead_of_the_log(stopped):
    """As after a restored copy of the log; and the remedy is one."""
    segments = sorted((shard(stopped) / 'log').glob('*.log'))
    segments[-1].write_bytes(segments[-1].read_bytes()[:1024])
    done = verify(stopped)
    assert done.returncode == 65
    assert 'shard 0: the index does not fit the log' in done.stderr
    assert "remove '%s/index'" % shard(stopped) in done.stderr
    assert done.stdout.startswith('shard 0: not proven')
    read = json.loads(verify(stopped, '--json').stdout)
    assert read[0]['proven'] is False and read[0]['differences'] == 1 and len(read[0]['findings']) == 1
    shutil.rmtree(shard(stopped) / 'index')
    before = stopped.log().count(' ready ')
    stopped.start()
    while stopped.log().count(' ready ') == before:
        assert stopped.process.poll() is None, stopped.log()
    stopped.stop()
    assert verify(stopped).returncode == 0


def test_no_index(stopped):
    shutil.rmtree(shard(stopped) / 'index')
    done = verify(stopped)
    assert done.returncode == 65 and 'there is no index' in done.stderr and 'not proven' in done.stdout


def test_rot(stopped):
    path = next(p for p in (shard(stopped) / 'log').glob('*.log') if b'number 1' in p.read_bytes())
    data = path.read_bytes()
    path.write_bytes(data.replace(b'number 1', b'numbeR 1'))
    done = verify(stopped)
    assert done.returncode == 65
    assert 'rot in the log' in done.stderr and 'barid check --deep' in done.stderr
    assert json.loads(verify(stopped, '--json').stdout)[0]['rot'] == 1


def test_not_beside_a_server(server):
    server.up()
    done = verify(server)
    assert done.returncode == 69 and 'stop it first' in done.stderr
