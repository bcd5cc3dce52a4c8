"""Processes that die: started anew, and what was theirs is all that suffers. And what they may do."""
import os
import signal
import smtplib

import pytest

from barid import nobody, until


@pytest.mark.parametrize('role', ['auth', 'mail', 'front'])
def test_a_killed_process_comes_back(server, role):
    server.up()
    user = server.account('anna@example.org')
    server.imap(user).logout()
    before = server.process_of(role)
    os.kill(before['pid'], signal.SIGKILL)
    until(lambda: server.process_of(role)['state'] == 'ready' and server.process_of(role)['restarts'] == 1)
    assert server.process_of(role)['pid'] != before['pid']
    assert 'process-died' in server.log() and 'signal=KILL' in server.log()
    for _ in range(4):  # both fronts
        client = server.imap(user)
        assert client.select()[0] == 'OK'
        client.logout()
    with smtplib.LMTP('127.0.0.1', server.ports['lmtp']) as lmtp:
        assert lmtp.sendmail('a@example.net', [user], b'Subject: after\r\n\r\nhello\r\n') == {}
    client = server.imap(user)
    assert client.select()[1] == [b'1']


def users_of_both_shards(server):
    """A user of each shard, by which mail process opens a session for it."""
    found = {}
    for i in range(40):
        user = server.account('user%d@example.org' % i)
        server.imap(user).logout()
        for line in until(lambda: [x for x in server.log().splitlines() if ' login ' in x and 'user=%s ' % user in x]):
            found.setdefault(line.split()[2], user)
        if len(found) == 2:
            return found
    pytest.fail('all accounts live in one shard: %s' % found)


def test_a_crash_of_one_mail_ends_only_its_own_sessions(server):
    server.up()
    users = users_of_both_shards(server)
    mine, other = server.imap(users['mail.0']), server.imap(users['mail.1'])
    assert mine.select()[0] == other.select()[0] == 'OK'
    os.kill(server.process_of('mail', 0)['pid'], signal.SIGKILL)
    with pytest.raises((mine.abort, OSError)):
        while True:
            mine.noop()
    assert other.noop()[0] == 'OK'
    until(lambda: server.process_of('mail', 0)['restarts'] == 1 and server.process_of('mail', 0)['state'] == 'ready')
    assert other.noop()[0] == 'OK'
    assert server.imap(users['mail.0']).select()[0] == 'OK'


def test_sessions_are_told_of_the_end(server):
    server.up()
    client = server.imap(server.account('anna@example.org'))
    client.select()
    server.signal(signal.SIGTERM)
    assert server.process.wait(12) == 0
    assert b'BYE' in client.readline()


def test_a_session_outlives_a_reload(server):
    server.up()
    client = server.imap(server.account('anna@example.org'))
    client.select()
    server.write_settings(imap_idle_timeout='45m')
    server.signal(signal.SIGHUP)
    until(lambda: ' reloaded ' in server.log())
    for _ in range(5):
        assert client.noop()[0] == 'OK'


def read_status(pid):
    with open('/proc/%d/status' % pid) as f:
        return dict(line.rstrip('\n').split(':\t', 1) for line in f if ':\t' in line)


def test_every_process_is_confined(server):
    server.up()
    for p in server.status()['processes']:
        status = read_status(p['pid'])
        assert status['NoNewPrivs'] == '1', p
        assert status['Seccomp'] == '2', p
        assert int(status['CapEff'], 16) == 0, p
        if os.getuid() == 0:
            assert set(status['Uid'].split()) == {str(nobody())}, p


def test_fronts_hold_nothing_but_sockets(server):
    server.up()
    for index in range(2):
        pid = server.process_of('front', index)['pid']
        for fd in os.listdir('/proc/%d/fd' % pid):
            target = os.readlink('/proc/%d/fd/%s' % (pid, fd))
            own = target.startswith(('socket:', 'anon_inode:', 'pipe:', '/dev/null')) or target == str(server.out) or \
                target == str(server.data / 'lock')
            assert own, target
