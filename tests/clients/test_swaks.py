"""swaks delivers by LMTP over TCP and the unix socket: plain, 8-bit and big messages."""
import subprocess

import pytest

from post import ARABIC_TEXT, big

pytestmark = pytest.mark.needs('swaks')


@pytest.fixture
def swaks(server):
    def run(to, *options, unix=False, good=True):
        where = ['--socket', str(server.lmtp_socket)] if unix else ['--server', '127.0.0.1:%d' % server.ports['lmtp']]
        done = subprocess.run(['swaks', '--protocol', 'LMTP', *where, '--from', 's@example.net', '--to', to, *options],
                              capture_output=True, timeout=60)
        assert (done.returncode == 0) == good, done.stdout.decode(errors='replace')[-3000:]
        return done.stdout.decode(errors='replace')
    return run


WAYS = pytest.mark.parametrize('unix', [False, pytest.param(True, marks=pytest.mark.barid_only('the socket'))])


@WAYS
def test_delivers(swaks, account, post, unix):
    swaks(account.address, '--header', 'Subject: from swaks', '--body', 'hello', unix=unix)
    assert post.subjects() == ['from swaks']


@WAYS
def test_delivers_8_bit(swaks, account, post, tmp_path, unix):
    file = tmp_path / 'm'
    file.write_bytes(b'From: a@example.net\r\nSubject: ' + 'موضوع'.encode() + b'\r\nContent-Type: text/plain; charset=utf-8\r\n'
                     b'Content-Transfer-Encoding: 8bit\r\n\r\n' + ARABIC_TEXT.encode() + b'\r\n\xff\xfe\x80\r\n')
    swaks(account.address, '--data', '@%s' % file, unix=unix)
    assert post.look()[0][2].removesuffix(b'\r\n').endswith(file.read_bytes())  # swaks adds a line


@WAYS
def test_delivers_a_big_message(swaks, account, post, tmp_path, unix):
    file = tmp_path / 'm'
    file.write_bytes(big(6_000_000))
    swaks(account.address, '--data', '@%s' % file, unix=unix)
    assert post.look()[0][2].removesuffix(b'\r\n').endswith(big(6_000_000))


def test_many_recipients_one_unknown(swaks, server, account, post):
    other = server.new_account()
    out = swaks('%s,nobody-here@example.org,%s' % (account.address, other.address), '--header', 'Subject: to many')
    assert '550' in out and post.subjects() == ['to many']


def test_unknown_recipient(swaks):
    assert '550' in swaks('nobody-here@example.org', good=False)


@pytest.mark.barid_only('its setting')
def test_too_big(swaks, account, post, tmp_path):
    file = tmp_path / 'm'
    file.write_bytes(big(34_000_000))
    assert '552' in swaks(account.address, '--data', '@%s' % file, good=False)
    assert post.look() == []
