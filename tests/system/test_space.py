"""Disk space of deleted mail: given back at the next start, and nothing else goes with it."""
import re


def log_bytes(server):
    return sum(f.stat().st_size for f in server.data.glob('shard-*/log/*'))


def test_space_comes_back_at_the_next_start(server):
    server.write_settings(keep_deleted='0')  # or it would be needed still
    server.up()
    server.account('anna')
    m = server.imap('anna')
    for n in range(30):
        text = b'Subject: %d\r\n\r\n' % n + (b'%d ' % n) * 1000000
        assert m.append('INBOX', None, None, text)[0] == 'OK'
    m.select()
    m.store('2:29', '+FLAGS.SILENT', '\\Deleted')
    m.expunge()
    m.store('2', '+FLAGS.SILENT', '(\\Flagged kept)')
    kept = m.fetch('1:*', '(UID BODY.PEEK[])')[1]
    m.logout()
    before = log_bytes(server)
    said = ''
    for _ in range(2):  # a segment goes only once a later group proves that it may
        server.stop()
        server.out.unlink()
        server.up()
        said += server.log()
    assert log_bytes(server) < before / 3, said
    assert re.search(r'compacted.*bytes given back', said)
    m = server.imap('anna')
    m.select()
    assert m.fetch('1:*', '(UID BODY.PEEK[])')[1] == kept
    assert m.search(None, 'FLAGGED', 'KEYWORD', 'kept')[1] == [b'2']
    m.logout()
