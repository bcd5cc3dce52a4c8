"""fetchmail (POP3 and IMAP) and mpop take mail away, or leave it and do not take it twice."""
import mailbox
import os
import subprocess

import pytest

from post import ARABIC_TEXT, message, welcome


class Fetchmail:
    def __init__(self, server, account, dir):
        self.server, self.account, self.dir = server, account, dir
        mda = dir / 'mda'
        mda.write_text('#!/bin/sh\n{ echo "From fetched Thu Jan  1 00:00:00 1970"; cat; echo; } >>%s/mbox\n' % dir)
        mda.chmod(0o755)

    def run(self, protocol, keep, tls='ssl', code=0):
        port = self.server.ports[{'POP3': 'pop3', 'IMAP': 'imap'}[protocol] + ('s' if tls == 'ssl' else '')]
        words = {'ssl': 'ssl sslcertck sslcertfile "%s"' % self.server.ca,
                 'starttls': 'sslproto TLS1.2+ sslcertck sslcertfile "%s"' % self.server.ca, 'none': 'sslproto ""'}[tls]
        rc = self.dir / 'rc'
        rc.write_text('poll localhost service %d protocol %s%s\n user "%s" password "%s" %s %s mda "%s/mda"\n' % (
            port, protocol, ' uidl' if protocol == 'POP3' else '', self.account.user, self.account.password,
            'keep' if keep else 'nokeep', words, self.dir))
        rc.chmod(0o600)
        done = subprocess.run(['fetchmail', '-f', str(rc), '-i', str(self.dir / 'ids'), '--pidfile',
                               str(self.dir / 'pid'), '-v', '--nosyslog'], capture_output=True, timeout=60,
                              env={**os.environ, 'LC_ALL': 'C', 'FETCHMAILHOME': str(self.dir)})
        assert done.returncode == code, (done.stdout + done.stderr).decode(errors='replace')[-4000:]

    def subjects(self):
        return [m['subject'] for m in mailbox.mbox(self.dir / 'mbox')]


@pytest.fixture
def fetchmail(server, account, tmp_path):
    return Fetchmail(server, account, tmp_path)


PROTOCOLS = pytest.mark.parametrize('protocol', ['POP3', 'IMAP'])
NO_MAIL = 1  # fetchmail's exit code for "nothing new"


@pytest.mark.needs('fetchmail')
@PROTOCOLS
@pytest.mark.parametrize('tls', ['none', 'starttls', 'ssl'])
def test_fetchmail_takes_mail_away(fetchmail, post, protocol, tls):
    post.deliver(message('one'), message('two', 'a\n.\n..b\n'), message('three'))
    fetchmail.run(protocol, False, tls)
    assert fetchmail.subjects() == ['one', 'two', 'three'] and post.look() == []
    assert b'\n.\n..b\n' in (fetchmail.dir / 'mbox').read_bytes()
    fetchmail.run(protocol, False, tls, NO_MAIL)


@pytest.mark.needs('fetchmail')
@PROTOCOLS
def test_fetchmail_keeps_and_takes_nothing_twice(fetchmail, post, protocol):
    post.append(message('one'), welcome())
    fetchmail.run(protocol, True)
    assert len(post.look()) == 2
    fetchmail.run(protocol, True, code=NO_MAIL)
    post.append(message('three'))
    fetchmail.run(protocol, True)
    assert len(fetchmail.subjects()) == 3 and len(post.look()) == 3
    got = mailbox.mbox(fetchmail.dir / 'mbox')[1]
    assert got.get_payload(decode=True).decode().strip() == ARABIC_TEXT


@pytest.fixture
def mpop(server, account, tmp_path):
    def run(keep, tls, good=True):
        rc = tmp_path / 'mpoprc'
        rc.write_text('\n'.join([
            'account a', 'host localhost', 'port %d' % server.ports['pop3s' if tls == 'implicit' else 'pop3'],
            'user %s' % account.user, 'password %s' % account.password, 'tls %s' % ('off' if tls == 'none' else 'on'),
            'tls_starttls %s' % ('on' if tls == 'starttls' else 'off'), 'tls_trust_file %s' % server.ca,
            'auth %s' % ('plain' if tls == 'starttls' else 'user'), 'keep %s' % ('on' if keep else 'off'),
            'delivery mbox %s/mbox' % tmp_path, 'uidls_file %s/uidls' % tmp_path, 'received_header off', '']))
        rc.chmod(0o600)
        done = subprocess.run(['mpop', '-C', str(rc), '-d', 'a'], capture_output=True, timeout=60)
        assert (done.returncode == 0) == good, (done.stdout + done.stderr).decode(errors='replace')[-3000:]
        return [m['subject'] for m in mailbox.mbox(tmp_path / 'mbox')]
    return run


@pytest.mark.needs('mpop')
@pytest.mark.parametrize('tls', ['none', 'starttls', 'implicit'])
def test_mpop(mpop, post, tls):
    post.append(message('one'), message('two'))
    assert mpop(True, tls) == mpop(True, tls) == ['one', 'two']
    post.append(message('three'))
    assert mpop(False, tls) == ['one', 'two', 'three']
    assert post.look() == []


@pytest.mark.barid_only('devices are its own')
@pytest.mark.needs('fetchmail', 'mpop')
def test_a_mailbox_for_two(fetchmail, mpop, account, post):
    """A department: mpop keeps, fetchmail takes its mail away, and each has all of it once."""
    post.append(message('one'), message('two'))
    user, desk = account.user, account.user + '/\u0645\u0643\u062a\u0628'
    account.user = desk
    assert mpop(True, 'implicit') == ['one', 'two']
    account.user = user + '/anna'
    fetchmail.run('POP3', False)
    fetchmail.run('POP3', False, code=NO_MAIL)
    assert fetchmail.subjects() == ['one', 'two'] * 2 and len(post.look()) == 2  # both write the same file
    post.append(message('three'))
    fetchmail.run('POP3', False)
    assert fetchmail.subjects() == ['one', 'two'] * 2 + ['three'] and len(post.look()) == 3
    account.user = desk
    assert mpop(False, 'implicit') == ['one', 'two'] * 2 + ['three'] * 2
    account.user = user
    assert post.look() == []
