"""What becomes of the mail of an account that is removed, and of UIDVALIDITY when the data come from a backup."""
import re
import subprocess

from barid import PROGRAM, until


def barid(server, *words, code=0):
    done = subprocess.run([PROGRAM, *words, '--config', str(server.config)], text=True, capture_output=True)
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout + done.stderr


def fill(server, name):
    server.account(name)
    m = server.imap(name)
    for n in range(3):
        assert m.append('INBOX', None, None, b'Subject: %d\r\n\r\nthe-needle %s\r\n' % (n, name.encode()))[0] == 'OK'
    m.logout()


def again(server):
    server.stop()
    server.out.unlink()
    server.up()


def checked(server):
    """How many accounts the store has, by a look at all of it."""
    server.stop()
    said = barid(server, 'check', '--deep')
    assert 'cannot' not in said
    return sum(int(n) for n in re.findall(r'shard \d+: (\d+) accounts', said))


def test_mail_stays_for_a_while(server):
    server.up()
    fill(server, 'anna')
    said = barid(server, 'account', 'remove', 'anna', '--yes')
    assert re.search(r"'anna' is removed; its mail stays on the disk until \d{4}-\d\d-\d\d", said)
    assert checked(server) == 1


def test_purge_takes_it_at_once(server):
    server.up()
    fill(server, 'anna')
    fill(server, 'bob')
    m = server.imap('anna')
    said = barid(server, 'account', 'remove', 'anna', '--yes', '--purge')
    assert 'its mail goes for good now' in said
    until(lambda: 'account-erased' in server.log())
    m.shutdown()
    assert checked(server) == 1
    again(server)
    fill(server, 'anna')  # another account of the same name
    m = server.imap('anna')
    assert m.select()[1] == [b'3']
    m.logout()
    m = server.imap('bob')
    assert m.select()[1] == [b'3']
    m.logout()
    assert checked(server) == 2


def test_removed_while_no_server_runs(server):
    server.up()
    fill(server, 'anna')
    server.stop()
    said = barid(server, 'account', 'remove', 'anna', '--yes', '--purge')
    assert 'when the server starts' in said
    again(server)
    until(lambda: 'account-erased' in server.log())
    assert checked(server) == 0


def test_it_goes_when_it_was_kept_for_long_enough(server):
    server.write_settings(keep_deleted='4s')
    server.up()
    fill(server, 'anna')
    barid(server, 'account', 'remove', 'anna', '--yes')
    until(lambda: 'account-erased' in server.log())
    assert checked(server) == 0


def test_restored_renews_uidvalidity_once(server):
    server.up()
    fill(server, 'anna')

    def validities():
        m = server.imap('anna')
        out = {}
        for name in ('INBOX', 'Sent', 'Archive'):
            out[name] = int(re.search(rb'UIDVALIDITY (\d+)', m.status(name, '(UIDVALIDITY)')[1][0]).group(1))
        assert m.select()[1] == [b'3']
        m.logout()
        return out

    before = validities()
    assert 'stop it first' in barid(server, 'restored', code=69)
    server.stop()
    assert 'at the next start' in barid(server, 'restored')
    again(server)
    after = validities()
    assert all(after[name] > max(before.values()) for name in before)
    again(server)
    assert validities() == after
