"""What was deleted by mistake comes back: `barid undelete`, `barid purge`, also over a kill of the shard."""
import json
import os
import select
import signal
import subprocess

from barid import PROGRAM, until


def barid(server, *words, code=0, text=None):
    done = subprocess.run([PROGRAM, *words, '--data', str(server.data)], text=True, capture_output=True, input=text)
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout if not code else done.stderr


def fill(server, n=3):
    server.up()
    server.account('anna')
    m = server.imap('anna')
    for i in range(n):
        text = 'From: =?utf-8?q?Zo=C3=A9?= <zoe@example.org>\r\nSubject: number %d \u0628\r\n\r\nbody %d\r\n' % (i, i)
        assert m.append('INBOX', '(\\Seen work)', None, text.encode())[0] == 'OK'
    return m


def expunge(m, which='1:*'):
    m.select()
    m.store(which, '+FLAGS.SILENT', '\\Deleted')
    assert m.expunge()[0] == 'OK'


def listing(server, *words):
    return json.loads(barid(server, 'undelete', 'anna', '--list', '--json', *words))


def idle_line(m):
    """The next line that comes without being asked for."""
    assert select.select([m.sock], [], [], 10)[0]
    return m.readline()


def test_expunged_comes_back_and_is_seen_in_idle(server):
    m = fill(server)
    expunge(m)
    kept = listing(server)
    assert [k['subject'] for k in kept] == ['number %d \u0628' % i for i in range(3)]
    assert kept[0]['from'] == 'Zo\u00e9 <zoe@example.org>' and kept[0]['mailbox'] == 'INBOX' and not kept[0]['mailbox_gone']
    assert len(listing(server, '--subject', 'NUMBER 1')) == 1
    assert len(listing(server, '--from', 'zo\u00c9')) == 3
    assert listing(server, '--mailbox', 'Sent') == [] and len(listing(server, '--since', '1h')) == 3
    assert listing(server, '--since', '2030-01-01') == []
    plain = barid(server, 'undelete', 'anna')
    assert plain.count('\n') == 3 and 'number 2' in plain and 'INBOX' in plain
    # nothing came back by looking; then it does, and the other device sees it at once
    m.send(b'i IDLE\r\n')
    assert m.readline().startswith(b'+')
    assert json.loads(barid(server, 'undelete', 'anna', '--subject', 'number 1', '--json')) == {'found': 1, 'back': 1}
    assert idle_line(m) == b'* 1 EXISTS\r\n'
    m.send(b'DONE\r\n')
    while not m.readline().startswith(b'i OK'):
        pass
    data = m.fetch('1', '(UID FLAGS BODY.PEEK[])')[1]
    assert b'UID 4' in data[0][0] and b'body 1' in data[0][1]
    flags = data[0][0] + data[1]
    assert b'\\Seen' in flags and b'work' in flags and b'\\Deleted' not in flags
    assert len(listing(server)) == 2
    assert '1 messages are back' in barid(server, 'undelete', 'anna', '--subject', 'number 2')
    m.logout()


def test_deleted_mailbox_is_made_again(server):
    m = fill(server, 0)
    m.create('Box/Below')
    m.append('Box/Below', '(work)', None, b'Subject: deep\r\n\r\nx\r\n')
    assert m.delete('Box/Below')[0] == 'OK'
    assert m.delete('Box')[0] == 'OK'
    kept = listing(server)
    assert kept[0]['mailbox'] == 'Box/Below' and kept[0]['mailbox_gone']
    barid(server, 'undelete', 'anna', '--all')
    assert m.select('Box/Below')[1] == [b'1']
    assert m.search(None, 'KEYWORD', 'work')[1] == [b'1']
    m.logout()


def test_a_move_leaves_nothing_and_pop3_does(server):
    import poplib
    m = fill(server, 2)
    m.select()
    assert m.uid('MOVE', '1', 'Archive')[0] == 'OK'
    assert listing(server) == []
    m.logout()
    p = poplib.POP3('127.0.0.1', server.ports['pop3'], timeout=10)
    p.user('anna')
    p.pass_('secret')
    p.dele(1)
    p.quit()
    assert len(listing(server)) == 1


def test_purge_is_for_good(server):
    m = fill(server)
    expunge(m)
    assert 'say --yes' in barid(server, 'purge', 'anna', '--all', code=64)
    assert 'say --all' in barid(server, 'purge', 'anna', code=64)
    assert 'is no time' in barid(server, 'purge', 'anna', '--older-than', 'soon', code=64)
    assert json.loads(barid(server, 'purge', 'anna', '--older-than', '1h', '--yes', '--json')) == {'purged': 0}
    assert json.loads(barid(server, 'purge', 'anna', '--all', '--yes', '--json')) == {'purged': 3}
    assert listing(server) == []
    assert json.loads(barid(server, 'undelete', 'anna', '--all', '--json')) == {'found': 0, 'back': 0}
    assert 'no account' in barid(server, 'undelete', 'otto', code=67)
    m.logout()


def test_kept_mail_outlives_a_kill(server):
    m = fill(server, 5)
    expunge(m, '1:4')
    before = listing(server)
    for role in ('mail',):
        for p in [p for p in server.status()['processes'] if p['role'] == role]:
            os.kill(p['pid'], signal.SIGKILL)
    until(lambda: server.log().count('child-exit') >= 1 or server.log().count('signal') >= 1)
    until(lambda: try_listing(server) == before)
    assert json.loads(barid(server, 'undelete', 'anna', '--all', '--json'))['back'] == 4
    for p in [p for p in server.status()['processes'] if p['role'] == 'mail']:
        os.kill(p['pid'], signal.SIGKILL)
    until(lambda: try_listing(server) == [])
    m = server.imap('anna')
    assert m.select()[1] == [b'5']
    m.logout()


def try_listing(server):
    done = subprocess.run([PROGRAM, 'undelete', 'anna', '--list', '--json', '--data', str(server.data)], text=True,
                          capture_output=True)
    return json.loads(done.stdout) if done.returncode == 0 else None


def test_what_is_too_old_goes_by_itself(server):
    server.write_settings(keep_deleted='1s')
    m = fill(server)
    expunge(m)
    until(lambda: listing(server) == [])
    until(lambda: 'purged' in server.log())
    m.logout()


def test_nothing_is_kept_when_that_is_off(server):
    server.write_settings(keep_deleted='0')
    m = fill(server)
    expunge(m)
    assert listing(server) == []
    server.write_settings(keep_deleted='1d')
    server.signal(signal.SIGHUP)
    until(lambda: 'reloaded' in server.log())
    m.append('INBOX', None, None, b'Subject: x\r\n\r\nx\r\n')
    expunge(m)
    until(lambda: len(listing(server)) == 1)
    m.logout()
