"""RFC 6531: mail from and to addresses in Arabic, brought in by LMTP and `barid deliver`, read by IMAP and POP3."""
import imaplib
import itertools
import poplib
import re
import smtplib
import unicodedata
from email import message_from_bytes, policy

import pytest

from post import ARABIC_SUBJECT, ARABIC_TEXT

pytestmark = pytest.mark.barid_only('Dovecot has no SMTPUTF8')
SENDER = 'مرسل@مثال.إختبار'
numbers = itertools.count(1)


@pytest.fixture
def ahmad(server):
    """An account whose name can be written in two ways: its first letter is one code point, or an alef and a hamza."""
    name = 'أحمد%d' % next(numbers)
    server.add_accounts([name])
    return server.account(name)


def internationalized(to, subject=ARABIC_SUBJECT):
    """RFC 6532: UTF-8 in the header."""
    return ('From: مرسل <%s>\r\nTo: <%s>\r\nSubject: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n'
            'Content-Transfer-Encoding: 8bit\r\n\r\n%s\r\n' % (SENDER, to, subject, ARABIC_TEXT)).encode()


def lmtp(server):
    return smtplib.LMTP('127.0.0.1', server.ports['lmtp'], timeout=20)


def deliver(server, *to, sender=SENDER):
    with lmtp(server) as c:
        for address in to:
            assert c.sendmail(sender, [address], internationalized(address), mail_options=['SMTPUTF8', 'BODY=8BITMIME']) == {}


def by_imap(server, account):
    with imaplib.IMAP4('127.0.0.1', server.ports['imap'], timeout=20) as c:
        c.authenticate('PLAIN', lambda _: ('\0%s\0%s' % (account.user, account.password)).encode())
        c.enable('UTF8=ACCEPT')
        assert c.select('INBOX', readonly=True)[0] == 'OK'
        return [item[1] for item in c.fetch('1:*', '(BODY.PEEK[])')[1] if isinstance(item, tuple)]


def by_pop3(server, user, password):
    c = poplib.POP3('127.0.0.1', server.ports['pop3'], timeout=20)
    try:
        c.utf8()
        c.user(user)
        c.pass_(password)
        return [b'\r\n'.join(c.retr(n + 1)[1]) + b'\r\n' for n in range(c.stat()[0])]
    finally:
        c.quit()


def test_an_arabic_address_is_delivered_to_and_read(server, ahmad):
    with lmtp(server) as c:
        c.ehlo_or_helo_if_needed()
        assert c.has_extn('smtputf8') and c.has_extn('8bitmime')
    deliver(server, ahmad.address)
    [raw] = by_imap(server, ahmad)
    assert raw.endswith(internationalized(ahmad.address))
    assert raw.startswith(('Return-Path: <%s>\r\n' % SENDER).encode())
    assert re.search(rb'\r\n\tby \S+ with UTF8LMTP id \S+\r\n\tfor <%s>;' % re.escape(ahmad.address.encode()), raw)
    assert by_pop3(server, ahmad.user, ahmad.password) == [raw]
    assert message_from_bytes(raw, policy=policy.default)['subject'] == ARABIC_SUBJECT


def test_letters_may_be_composed_or_not(server, ahmad):
    """RFC 6532 §3.1"""
    apart = unicodedata.normalize('NFD', ahmad.address)
    assert apart != ahmad.address
    deliver(server, apart, ahmad.address, apart.replace('@', '+طلب@'))
    assert len(by_imap(server, ahmad)) == 3
    assert len(by_pop3(server, unicodedata.normalize('NFD', ahmad.user), ahmad.password)) == 3


def test_an_account_that_was_added_with_letters_apart_is_found(server):
    name = unicodedata.normalize('NFD', 'آمال%d' % next(numbers))
    server.add_accounts([name])
    composed = server.account(unicodedata.normalize('NFC', name))
    deliver(server, composed.address)
    assert len(by_imap(server, composed)) == 1


def test_an_address_beyond_ascii_wants_smtputf8(server, ahmad):
    with lmtp(server) as c:
        c.ehlo_or_helo_if_needed()
        c.command_encoding = 'utf-8'
        assert c.docmd('MAIL', 'FROM:<%s>' % SENDER)[0] == 550
        assert c.docmd('MAIL', 'FROM:<s@example.net>')[0] == 250
        code, text = c.docmd('RCPT', 'TO:<%s>' % ahmad.address)
        assert code == 553 and text.startswith(b'5.6.7')
    assert by_imap(server, ahmad) == []


def test_barid_deliver_says_smtputf8(server, ahmad):
    done = server.run('deliver', '--from', SENDER, ahmad.address, ahmad.address.replace('@', '+طلب@'),
                      input=internationalized(ahmad.address))
    assert done.returncode == 0, done.stderr
    got = by_imap(server, ahmad)
    assert len(got) == 2 and all(raw.startswith(('Return-Path: <%s>\r\n' % SENDER).encode()) for raw in got)
    assert all(b' with UTF8LMTP id ' in raw for raw in got)
    assert server.run('deliver', 'لا.أحد@example.org', input=b'x').returncode == 67
    assert server.run('deliver', b'caf\xe9'.decode('utf-8', 'surrogateescape'), input=b'x').returncode == 64
