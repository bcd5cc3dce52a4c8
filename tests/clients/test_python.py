"""The clients of Python's library, each with what it can do."""
import imaplib
import poplib
import smtplib
import socket

import pytest

import served
from post import ARABIC_FOLDER, ARABIC_SUBJECT, big, lenient, message, utf7, welcome


@pytest.mark.parametrize('tls', ['none', 'starttls', 'implicit'])
def test_imaplib(server, account, tls):
    if tls == 'implicit':
        c = imaplib.IMAP4_SSL('localhost', server.ports['imaps'], ssl_context=lenient(), timeout=20)
    else:
        c = imaplib.IMAP4('localhost', server.ports['imap'], timeout=20)
    with c:
        if tls == 'starttls':
            assert c.starttls(lenient())[0] == 'OK'
        assert c.login(account.user, account.password)[0] == 'OK'
        assert c.append('INBOX', '(\\Seen)', imaplib.Time2Internaldate(1_700_000_000), welcome())[0] == 'OK'
        assert c.select()[1] == [b'1']
        folder = '"%s"' % utf7(ARABIC_FOLDER)
        assert c.create(folder)[0] == c.subscribe(folder)[0] == 'OK'
        assert c.copy('1', folder)[0] == 'OK'
        assert c.status(folder, '(MESSAGES UIDNEXT)')[1][0].endswith(b'(MESSAGES 1 UIDNEXT 2)')
        c.literal = ARABIC_SUBJECT.encode()
        assert c.uid('SEARCH', 'CHARSET', 'UTF-8', 'SUBJECT')[1] == [b'1']
        kind, data = c.fetch('1', '(INTERNALDATE RFC822.SIZE BODY[TEXT])')
        assert imaplib.Internaldate2tuple(data[0][0]) == imaplib.Internaldate2tuple(
            b'INTERNALDATE ' + imaplib.Time2Internaldate(1_700_000_000).encode())
        assert c.store('1', '+FLAGS', '(\\Deleted)')[0] == 'OK'
        assert c.expunge()[1] == [b'1']
        assert c.rename(folder, '"old"')[0] == 'OK'
        assert c.select('old')[1] == [b'1']
        assert c.close()[0] == c.delete('old')[0] == 'OK'


def test_imaplib_authenticate_plain(server, account):
    with imaplib.IMAP4('localhost', server.ports['imap'], timeout=20) as c:
        answer = ('\0%s\0%s' % (account.user, account.password)).encode()
        assert c.authenticate('PLAIN', lambda _: answer)[0] == 'OK'
        assert c.namespace()[0] == c.noop()[0] == 'OK'


@pytest.mark.parametrize('tls', ['none', 'stls', 'implicit'])
def test_poplib(server, account, post, tls):
    post.deliver(message('one', 'x\n.\n.dot\n'), message('two'))
    port = server.ports['pop3s' if tls == 'implicit' else 'pop3']
    c = poplib.POP3_SSL('localhost', port, context=lenient(), timeout=20) if tls == 'implicit' \
        else poplib.POP3('localhost', port, timeout=20)
    if tls == 'stls':
        assert c.stls(lenient()).startswith(b'+OK')
    assert 'UIDL' in c.capa() and 'TOP' in c.capa()
    c.user(account.user)
    assert c.pass_(account.password).startswith(b'+OK')
    count, size = c.stat()
    raw = [b'\r\n'.join(c.retr(n)[1]) + b'\r\n' for n in (1, 2)]
    assert count == 2 and size == sum(map(len, raw))
    assert raw[0].endswith(message('one', 'x\n.\n.dot\n')) and raw[0].startswith(b'Return-Path: <sender@example.net>')
    assert b'\r\n'.join(c.top(1, 1)[1]).endswith(b'\r\n\r\nx')
    uids = [line.split()[1] for line in c.uidl()[1]]
    assert len(set(uids)) == 2
    c.dele(1)
    c.rset()
    c.dele(2)
    c.quit()
    assert post.subjects() == ['one']


def test_smtplib_lmtp(server, account, post):
    other = server.new_account()
    # it reads one answer after the data, whatever the number of recipients: good for one message
    c = smtplib.LMTP('localhost', server.ports['lmtp'], timeout=20)
    c.ehlo_or_helo_if_needed()
    assert c.has_extn('pipelining') and c.has_extn('8bitmime')
    assert c.has_extn('size') or served.KIND != 'barid'
    refused = c.sendmail('s@example.net', [account.address, 'nobody-here@example.org', other.address], welcome())
    assert list(refused) == ['nobody-here@example.org'] and refused['nobody-here@example.org'][0] == 550
    c.close()
    with smtplib.LMTP('localhost', server.ports['lmtp'], timeout=20) as c:
        assert c.sendmail('', [account.address], big(300_000)) == {}
        assert c.sendmail('s@example.net', [account.address], b'Subject: lf\r\n\r\n.\r\n..\r\nend') == {}
    assert post.subjects()[1:] == ["big", "lf"]
    found = [raw for _, _, raw in post.look()]
    assert found[0].endswith(welcome()) and found[1].endswith(big(300_000))
    assert found[2].endswith(b'\r\n\r\n.\r\n..\r\nend\r\n') and found[1].startswith(b'Return-Path: <>\r\n')


@pytest.mark.barid_only('the path of the socket')
def test_smtplib_lmtp_by_unix_socket(server, account, post):
    with smtplib.LMTP(str(server.lmtp_socket)) as c:
        assert c.sendmail('s@example.net', [account.address], message('by unix')) == {}
    assert post.subjects() == ['by unix']


def test_lmtp_answers_each_recipient_after_the_data(server, account):
    """RFC 2033 §4.2: as many answers as recipients that were taken."""
    with socket.create_connection(('127.0.0.1', server.ports['lmtp']), 20) as s, s.makefile('rb') as lines:
        s.sendall(b'LHLO me\r\nMAIL FROM:<a@example.net>\r\n' + b'RCPT TO:<%s>\r\n' % account.address.encode() * 2 +
                  b'RCPT TO:<nobody-here@example.org>\r\nDATA\r\n')
        while not lines.readline().startswith(b'220'):
            pass
        while not (line := lines.readline()).startswith(b'354'):
            assert line, 'closed'
        s.sendall(b'Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n')
        answers = lines.read().splitlines()
    assert [a[:3] for a in answers][-1] == b'221' and {a[:3] for a in answers[:-1]} == {b'250'}
