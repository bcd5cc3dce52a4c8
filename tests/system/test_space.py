"""Disk space of deleted mail: given back while the server serves, and nothing else goes with it."""
import re
import subprocess
import time

from barid import PROGRAM, until


def log_bytes(server):
    return sum(f.stat().st_size for f in server.data.glob('shard-*/log/*.log'))


def compact(server):
    done = subprocess.run([PROGRAM, 'compact', '--config', str(server.config)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fill(server, m):
    for n in range(30):
        text = b'Subject: %d\r\n\r\n' % n + (b'%d ' % n) * 1000000
        assert m.append('INBOX', None, None, text)[0] == 'OK'
    m.select()
    m.store('2:29', '+FLAGS.SILENT', '\\Deleted')
    m.expunge()
    m.store('2', '+FLAGS.SILENT', '(\\Flagged kept)')


def test_space_comes_back_while_a_session_reads(server):
    server.settings['keep_deleted'] = 0
    server.up()
    server.account('anna')
    m = server.imap('anna')
    fill(server, m)
    kept = m.fetch('1:*', '(UID BODY.PEEK[])')[1]
    before = log_bytes(server)
    assert 'while it serves' in compact(server)
    for _ in range(300):
        assert m.fetch('1:*', '(UID BODY.PEEK[])')[1] == kept
        if log_bytes(server) < before / 3:
            break
        time.sleep(0.1)
    assert log_bytes(server) < before / 3, server.log()
    until(lambda: re.search(r'reclaimed.*bytes given back', server.log()))  # told when the round is over
    assert m.search(None, 'FLAGGED', 'KEYWORD', 'kept')[1] == [b'2']
    m.logout()
    server.stop()
    server.out.unlink()
    server.up()
    m = server.imap('anna')
    m.select()
    assert m.fetch('1:*', '(UID BODY.PEEK[])')[1] == kept
    m.logout()


def test_a_stopped_store_is_compacted_by_the_command(server):
    server.settings.update(keep_deleted=0, reclaim='no')
    server.up()
    server.account('anna')
    m = server.imap('anna')
    fill(server, m)
    kept = m.fetch('1:*', '(UID BODY.PEEK[])')[1]
    m.logout()
    server.stop()
    before = log_bytes(server)
    assert 'given back' in compact(server)
    assert log_bytes(server) < before / 3
    server.out.unlink()
    server.up()
    m = server.imap('anna')
    m.select()
    assert m.fetch('1:*', '(UID BODY.PEEK[])')[1] == kept
    m.logout()
