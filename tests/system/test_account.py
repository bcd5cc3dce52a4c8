"""Accounts as an administrator changes them while the server runs."""
import imaplib
import subprocess

import pytest

from barid import PROGRAM


def barid(server, *words, stdin=''):
    return subprocess.run([PROGRAM, *words, '--data', str(server.data)], input=stdin, text=True, capture_output=True)


def deliver(server, name):
    return barid(server, 'deliver', name, stdin='Subject: x\n\nx\n').returncode


def test_a_disabled_account_is_shut_and_loses_no_mail(server):
    server.up()
    server.account('anna')
    m = server.imap('anna')
    assert barid(server, 'account', 'disable', 'anna').returncode == 0
    with pytest.raises(imaplib.IMAP4.abort, match='locked|closed|EOF'):
        while True:
            m.noop()
    with pytest.raises(imaplib.IMAP4.error):
        server.imap('anna')
    assert deliver(server, 'anna') == 75  # to be tried again
    assert 'disabled' in barid(server, 'account', 'show', 'anna').stdout
    assert barid(server, 'account', 'enable', 'anna').returncode == 0
    assert deliver(server, 'anna') == 0
    m = server.imap('anna')
    assert m.select()[1] == [b'1']
    m.logout()


def test_a_new_password_is_the_only_one_at_once(server):
    server.up()
    server.account('anna')
    server.imap('anna').logout()  # remembered from here on
    assert barid(server, 'account', 'passwd', 'anna', '--password-stdin', stdin='another\n').returncode == 0
    with pytest.raises(imaplib.IMAP4.error):
        server.imap('anna')
    m = server.imap()
    m.login('anna', 'another')
    m.logout()


def test_a_removed_account_is_unknown(server):
    server.up()
    server.account('anna')
    assert barid(server, 'account', 'remove', 'anna', '--yes').returncode == 0
    assert deliver(server, 'anna') == 67
    assert barid(server, 'account', 'show', 'anna').returncode == 67
    with pytest.raises(imaplib.IMAP4.error):
        server.imap('anna')
