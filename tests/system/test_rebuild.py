"""Everything but the log is deleted: the server serves at once, and makes the index anew meanwhile."""
import shutil
import smtplib
import subprocess

from barid import PROGRAM, until

USERS = ('anna', 'omar', 'wei')


def deliver(server, user, n):
    with smtplib.LMTP('127.0.0.1', server.ports['lmtp']) as lmtp:
        assert lmtp.sendmail('a@example.net', [user], b'Subject: %d\r\n\r\n%s\r\n' % (n, user.encode())) == {}


def subjects(server, user):
    m = server.imap(user)
    m.select(readonly=True)  # so that what is \Recent stays so
    found = m.fetch('1:*', '(FLAGS BODY.PEEK[])')[1]
    m.logout()
    assert all(part[1].endswith(user.encode() + b'\r\n') for part in found if isinstance(part, tuple))
    return [part for part in found if isinstance(part, tuple)]


def test_the_index_is_made_anew_while_it_serves(server):
    server.up()
    for user in USERS:
        server.account(user)
    for n in range(60):
        deliver(server, USERS[n % 3], n)
    m = server.imap('omar')
    m.select()
    m.store('3:5', '+FLAGS', '(\\Flagged work)')
    m.store('1', '+FLAGS', '(\\Deleted)')
    m.expunge()
    m.logout()
    before = {user: subjects(server, user) for user in USERS}
    server.stop()
    for part in server.data.glob('shard-*/*'):
        if part.name != 'log':
            shutil.rmtree(part) if part.is_dir() else part.unlink()
    server.out.unlink()
    server.up()
    deliver(server, 'wei', 1000)
    assert len(subjects(server, 'wei')) == len(before['wei']) + 1
    assert subjects(server, 'omar') == before['omar']
    assert subjects(server, 'anna') == before['anna']
    until(lambda: server.log().count('the index is complete') == server.log().count('the index is made anew from the log'))
    until(lambda: all(s['state'] == 'serving' and not s['rebuilding'] for s in server.status()['shards']))
    server.stop()
    done = subprocess.run([PROGRAM, 'check', '--deep', '--config', str(server.config)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
