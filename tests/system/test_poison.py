"""Mail that crashes the process which touches it: its account is set aside, and nobody else suffers for long."""
import imaplib
import json
import os
import poplib
import signal
import smtplib
import subprocess
import time
from pathlib import Path

import barid
import pytest
from barid import until

FAULTY = str(Path(barid.PROGRAM).parent / 'barid-faulty')
CRASHES = 3

pytestmark = pytest.mark.skipif(not os.path.exists(FAULTY), reason='built without tests')


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """One shard, so that all accounts are neighbours; on a program that mail can poison."""
    monkeypatch.setattr(barid, 'PROGRAM', FAULTY)
    monkeypatch.setenv('BARID_FAULT', 'poison')
    b = barid.Barid(tmp_path, shards=1, fronts=1, confine='no')
    b.up()
    yield b
    b.stop()


def run(server, *words):
    return subprocess.run([barid.PROGRAM, *words, '--config', str(server.config)], text=True, capture_output=True)


def connects(server, user):
    """Logs in as often as it takes, within seconds."""
    def attempt():
        try:
            client = server.imap(user)
            assert client.select()[0] == 'OK'
            return client
        except (OSError, imaplib.IMAP4.error):
            return None
    return until(attempt, seconds=10, every=0.2)


def deliver(server, user, text):
    with smtplib.LMTP('127.0.0.1', server.ports['lmtp'], timeout=20) as lmtp:
        return lmtp.sendmail('a@example.net', [user], text.encode())


def crashes(server):
    return server.process_of('mail')['restarts']


def poison(server, act):
    """Lets the user do what crashes, as a client that does not give up."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not set_aside(server):
        try:
            act()
        except (OSError, imaplib.IMAP4.error, smtplib.SMTPException):
            pass  # the connection breaks in as many ways as there are libraries
        time.sleep(0.3)


def set_aside(server):
    return [row['name'] for row in server.status()['set_aside']]


def is_set_aside(server, bad, good):
    """All that must be true once it is."""
    until(lambda: set_aside(server) == [bad] and server.process_of('mail')['state'] == 'ready')
    assert crashes(server) == CRASHES
    with pytest.raises(imaplib.IMAP4.error, match=r'\[UNAVAILABLE\]'):
        server.imap(bad)
    pop = poplib.POP3('127.0.0.1', server.ports['pop3'], timeout=20)
    pop.user(bad)
    with pytest.raises(poplib.error_proto, match=r'\[SYS/TEMP\]'):
        pop.pass_(barid.PASSWORD)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as e:
        deliver(server, bad, 'Subject: waits\r\n\r\nhello\r\n')
    assert e.value.recipients[bad][0] == 451
    client = connects(server, good)
    assert deliver(server, good, 'Subject: goes on\r\n\r\nhello\r\n') == {}
    client.logout()
    status = run(server, 'status')
    assert status.returncode == 75
    assert 'account %s is set aside' % bad in status.stdout and 'barid account clear %s' % bad in status.stdout
    read = json.loads(run(server, 'status', '--json').stdout)
    assert [row['name'] for row in read['set_aside']] == [bad]
    assert 'set-aside' in [p['what'] for p in read['problems']]
    assert crashes(server) == CRASHES


def heal(server, monkeypatch):
    """The administrator upgrades to a program that does not crash."""
    server.stop()
    monkeypatch.setenv('BARID_FAULT', '')
    before = server.log().count(' ready ')
    server.start()
    until(lambda: server.log().count(' ready ') > before)


def pair(server):
    return server.account('bad@example.org'), server.account('good@example.org')


def test_a_record_that_cannot_be_applied(shared, monkeypatch):
    """It crashes when it is made and at every opening, and is passed over at the third restart."""
    bad, good = pair(shared)
    assert deliver(shared, bad, 'Subject: before\r\n\r\nhello\r\n') == {}
    neighbour = shared.imap(good)
    client = shared.imap(bad)
    began = time.monotonic()
    with pytest.raises((client.abort, OSError)):
        client.create('poison')
    is_set_aside(shared, bad, good)
    assert time.monotonic() - began < 15
    with pytest.raises((neighbour.abort, OSError)):
        neighbour.noop()

    # a new super knows it still, and mail of others goes on being written over the record that was passed over
    shared.stop()
    before = shared.log().count(' ready ')
    shared.start()
    until(lambda: shared.log().count(' ready ') > before)
    until(lambda: set_aside(shared) == [bad])
    assert crashes(shared) == 0
    with pytest.raises(imaplib.IMAP4.error, match=r'\[UNAVAILABLE\]'):
        shared.imap(bad)

    heal(shared, monkeypatch)
    assert run(shared, 'account', 'clear', good).returncode == 67
    assert run(shared, 'account', 'clear', bad).returncode == 0
    assert run(shared, 'account', 'clear', bad).returncode == 67
    client = connects(shared, bad)
    assert client.select()[1] == [b'1']
    assert client.select('poison')[0] == 'OK'  # what was durable is there
    until(lambda: shared.status()['set_aside'] == [])  # it is written a moment later
    connects(shared, good)
    until(lambda: run(shared, 'status').returncode == 0)


def test_a_message_that_cannot_be_fetched(shared, monkeypatch):
    bad, good = pair(shared)
    assert deliver(shared, bad, 'Subject: poison\r\n\r\nhello\r\n') == {}

    def look():
        client = shared.imap(bad)
        client.select()
        client.fetch('1', '(ENVELOPE)')

    poison(shared, look)
    is_set_aside(shared, bad, good)
    assert run(shared, 'account', 'clear', bad).returncode == 0
    connects(shared, bad).logout()  # it may try again: nothing is wrong until the message is looked at
    assert set_aside(shared) == []
    heal(shared, monkeypatch)
    client = connects(shared, bad)
    assert client.fetch('1', '(ENVELOPE)')[0] == 'OK'


def test_a_message_that_cannot_be_delivered(shared):
    bad, good = pair(shared)
    poison(shared, lambda: deliver(shared, bad, 'X-Poison: parse\r\n\r\nhello\r\n'))
    is_set_aside(shared, bad, good)


def test_a_message_that_is_parsed_for_ever(shared):
    """The process is ended each time: nobody else would be served."""
    bad, good = pair(shared)
    shared.write_settings(hang_limit='2s')
    shared.signal(signal.SIGHUP)
    until(lambda: ' reloaded ' in shared.log())
    poison(shared, lambda: deliver(shared, bad, 'X-Poison: spin\r\n\r\nhello\r\n'))
    is_set_aside(shared, bad, good)
    assert shared.log().count(' process-hangs ') == CRASHES


def test_cleared_while_the_server_is_stopped(shared, monkeypatch):
    bad, good = pair(shared)
    poison(shared, lambda: deliver(shared, bad, 'X-Poison: parse\r\n\r\nhello\r\n'))
    is_set_aside(shared, bad, good)
    shared.stop()
    assert run(shared, 'account', 'clear', good).returncode == 67
    number = shared.status()['set_aside'][0]['account']
    assert run(shared, 'account', 'clear', '#%d' % number).returncode == 0
    assert run(shared, 'account', 'clear', bad).returncode == 67
    heal(shared, monkeypatch)
    connects(shared, bad)
    until(lambda: shared.status()['set_aside'] == [])  # it is written a moment later


def test_kills_are_nobody_s_fault(shared):
    """kill -9 while an account is in service, again and again."""
    bad, good = pair(shared)
    for i in range(4):
        client = connects(shared, bad)
        before = crashes(shared)
        os.kill(shared.process_of('mail')['pid'], signal.SIGKILL if i % 2 else signal.SIGSEGV)
        until(lambda: crashes(shared) > before and shared.process_of('mail')['state'] == 'ready')
        del client
    until(lambda: shared.status()['set_aside'] == [])  # it is written a moment later
    connects(shared, bad)
