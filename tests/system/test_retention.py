"""The three ways of POP, and one mailbox for a department: devices of POP3, under a clock that is moved."""
import json
import os
import poplib
import smtplib
import subprocess
import sys
import time
from pathlib import Path

import barid
import pytest
from barid import PASSWORD, ROOT, until

sys.path.insert(0, str(ROOT / 'tests' / 'reader'))
import mail  # noqa: E402

FAULTY = str(Path(barid.PROGRAM).parent / 'barid-faulty')
DAY = 86400

pytestmark = pytest.mark.skipif(not os.path.exists(FAULTY), reason='built without tests')


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server whose clock is ahead by as many seconds as at() says; each call starts it anew."""
    monkeypatch.setattr(barid, 'PROGRAM', FAULTY)
    b = barid.Barid(tmp_path, shards=1, fronts=1)

    def at(seconds, **settings):
        b.stop()
        b.out.unlink(missing_ok=True)
        monkeypatch.setenv('BARID_FAULT', 'clock=%d' % seconds)
        b.settings.update(settings)
        return b.up()
    b.at = at
    yield b
    b.stop()


def deliver(server, user, *subjects):
    with smtplib.LMTP('127.0.0.1', server.ports['lmtp'], timeout=20) as lmtp:
        for subject in subjects:
            lmtp.sendmail('a@example.net', [user], ('Subject: %s\r\n\r\nbody\r\n' % subject).encode())


def session(server, name, retrieve='', delete='', quit=True):
    """The subjects that the device sees; it retrieves and deletes those of these letters."""
    pop = poplib.POP3('127.0.0.1', server.ports['pop3'], timeout=20)
    pop.utf8()
    pop.user(name)
    pop.pass_(PASSWORD)
    seen = []
    for number in range(1, pop.stat()[0] + 1):
        subject = next(line for line in pop.top(number, 0)[1] if line.startswith(b'Subject'))[9:].decode()
        seen.append(subject)
        if subject in retrieve:
            pop.retr(number)
        if subject in delete:
            pop.dele(number)
    pop.quit() if quit else pop.close()
    return ''.join(seen)


def run(server, *words, code=0):
    done = subprocess.run([barid.PROGRAM, *words, '--data', str(server.data)], text=True, capture_output=True)
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout if not code else done.stderr


def status(server, user, *words):
    return json.loads(run(server, 'pop', 'status', user, '--json', *words))


def in_inbox(server, user):
    m = server.imap(user)
    m.select(readonly=True)
    got = ''.join(row[1].decode().split(': ')[1].strip() for row in m.fetch('1:*', '(BODY.PEEK[HEADER.FIELDS (SUBJECT)])')[1]
                  if isinstance(row, tuple))
    m.logout()
    return got


def test_a_department_shares_one_mailbox(server):
    server.at(0)
    server.account('hr')
    anna, li, reem = 'hr/anna', 'hr/\u674e', 'hr/\u0631\u064a\u0645'
    deliver(server, 'hr', *'abc')
    for name in anna, li, reem:
        assert session(server, name) == 'abc'
    assert session(server, anna, 'abc', 'ab') == 'abc'
    assert session(server, li, 'ab', 'a') == 'abc'
    deliver(server, 'hr', *'de')
    assert session(server, anna, 'd', 'd') == 'cde'
    assert session(server, anna) == 'ce'
    assert in_inbox(server, 'hr') == 'abcde'
    watching = server.imap('hr')
    watching.select()
    assert session(server, reem, 'abcde', 'abcde') == 'abcde'
    assert in_inbox(server, 'hr') == 'bcde'
    assert watching.noop()[0] == 'OK' and watching.response('EXPUNGE')[1] == [b'1']
    assert session(server, li, '', 'bd', quit=False) == 'bcde'
    server.process.kill()
    server.process.wait()
    server.at(0)
    assert session(server, reem) == ''
    assert session(server, li, '', 'bd') == 'bcde'
    assert in_inbox(server, 'hr') == 'ce'
    server.imap('hr/anna').logout()  # the same name is good for IMAP, where it means the account
    m = server.imap('hr')
    m.create('Done')
    m.select()
    m.copy('1', 'Done')
    m.store('1', '+FLAGS', '\\Deleted')
    m.expunge()
    assert session(server, anna) == session(server, li) == 'e'


def test_days_after_the_download_and_never_before_it(server):
    server.at(0, pop3_retention='15d')
    server.account('anna')
    deliver(server, 'anna', *'abc')
    assert session(server, 'anna', 'a') == 'abc'
    assert session(server, 'anna/phone', 'ab') == 'abc'
    server.at(10 * DAY)
    assert session(server, 'anna', 'b') == 'abc'
    server.at(14 * DAY)
    assert session(server, 'anna') == 'abc'
    server.at(16 * DAY)
    until(lambda: in_inbox(server, 'anna') == 'bc')
    assert session(server, 'anna') == 'bc'
    assert session(server, 'anna/phone') == 'c'
    server.at(26 * DAY)
    until(lambda: in_inbox(server, 'anna') == 'c')
    server.at(80 * DAY)
    assert session(server, 'anna/phone') == session(server, 'anna') == 'c'
    assert ' retention ' not in server.log()


def test_an_unseen_device_keeps_nothing(server):
    server.at(0, pop3_device_forget='30d')
    server.account('anna')
    deliver(server, 'anna', *'ab')
    assert session(server, 'anna/lost') == 'ab'
    assert session(server, 'anna/desk', 'ab', 'a') == 'ab'
    server.at(29 * DAY)
    assert session(server, 'anna/desk') == 'b'
    assert in_inbox(server, 'anna') == 'ab'
    server.at(31 * DAY)
    until(lambda: in_inbox(server, 'anna') == 'b')
    assert [k['subject'] for k in json.loads(run(server, 'undelete', 'anna', '--list', '--json'))] == ['a']


def test_thirty_two_devices(server):
    server.at(0)
    server.account('anna')
    for i in range(32):
        session(server, 'anna/%d' % i)
    with pytest.raises(poplib.error_proto, match='SYS/PERM'):
        session(server, 'anna/more')
    session(server, 'anna/7')


def test_an_administrator_sees_and_decides(server):
    server.at(0)
    server.account('hr')
    assert status(server, 'hr') == {'policy': 'default', 'holds': 'keep', 'messages': 0, 'devices': []}
    deliver(server, 'hr', *'abc')
    session(server, 'hr')
    session(server, 'hr/\u0631\u064a\u0645 "1"', 'ab', 'a')
    now = status(server, 'hr', '--messages')
    assert now['messages'] == 3 and len(now['each']) == 3
    unnamed, reem = now['devices']
    assert unnamed['device'] == '' and reem['device'] == '\u0631\u064a\u0645 "1"'
    assert (unnamed['downloaded'], unnamed['let_go'], unnamed['waiting']) == (0, 0, 3)
    assert (reem['downloaded'], reem['let_go'], reem['waiting']) == (2, 1, 1)
    assert abs(reem['seen'] - time.time()) < 60
    each = [m['devices'] for m in now['each']]
    assert each[0] == [None, 'let go'] and each[2] == [None, None] and each[1][0] is None and each[1][1] > time.time()
    read = next(iter(mail.Store(str(server.data / 'shard-0' / 'log')).accounts.values())).devices
    assert [[bool(device.mark(which, uid)) for uid in (1, 2, 3)] for device in (read[''], read[reem['device']]) for which in (1, 2)] == [
        [False] * 3, [False] * 3, [True, True, False], [True, False, False]]
    text = run(server, 'pop', 'status', 'hr', '--messages')
    assert '\u0631\u064a\u0645 "1"' in text and 'let go' in text and 'waiting' in text

    run(server, 'pop', 'set', 'hr', '15d')
    assert status(server, 'hr')['policy'] == '15d' and status(server, 'hr')['devices'][0]['holds'] == '15d'
    run(server, 'pop', 'set', 'hr', 'delete', '--device', reem['device'])
    assert status(server, 'hr')['devices'][1]['let_go'] == 2
    assert session(server, 'hr/' + reem['device']) == 'c'
    assert 'no such device' in run(server, 'pop', 'set', 'hr', 'keep', '--device', 'nobody', code=67)
    assert "'15d'" in run(server, 'pop', 'set', 'hr', 'sometimes', code=64)
    assert in_inbox(server, 'hr') == 'abc'
    run(server, 'pop', 'forget', 'hr', '')
    assert in_inbox(server, 'hr') == 'c'  # reem had let go of the others
    assert 'no such device' in run(server, 'pop', 'forget', 'hr', '', code=67)
    run(server, 'pop', 'set', 'hr', 'default')
    assert status(server, 'hr')['policy'] == 'default'
    assert 'no account' in run(server, 'pop', 'status', 'nobody', code=67)
