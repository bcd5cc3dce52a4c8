"""Postfix, an instance of its own, delivers to the server by LMTP: over TCP and over the unix socket."""
import grp
import os
import pwd
import shutil
import signal
import smtplib
import subprocess
from pathlib import Path

import pytest

import served
from post import message, welcome
from served import servers, until

pytestmark = pytest.mark.needs('postfix')

MAIN = '''
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
mail_owner = postfix
setgid_group = postdrop
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mx.example.net
mydestination =
mynetworks = 127.0.0.0/8
local_recipient_maps =
alias_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_maps =
virtual_transport = lmtp:{where}
lmtp_destination_recipient_limit = 20
relayhost =
default_transport = discard:
maillog_file = {log}
maillog_file_prefixes = {dir}
shlib_directory = /usr/lib/postfix
meta_directory = /etc/postfix
queue_run_delay = 1s
minimal_backoff_time = 1s
smtputf8_enable = yes
'''
MASTER = '''
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
'''


class Postfix:
    def __init__(self, dir, where):
        self.dir = dir
        self.config = dir / 'config'
        self.port = servers.free_ports(1)[0]
        for name in ('config', 'queue', 'data'):
            (dir / name).mkdir()
        self.log = dir / 'maillog'
        for part in [dir, *dir.parents][:4]:
            if part.stat().st_uid == os.getuid() and part != Path('/tmp'):
                part.chmod(0o755)
        shutil.chown(dir / 'data', 'postfix')
        (self.config / 'main.cf').write_text(MAIN.format(dir=dir, where=where, log=self.log))
        (self.config / 'master.cf').write_text(MASTER.format(port=self.port))

    def run(self, *words):
        done = subprocess.run(['postfix', '-c', str(self.config), *words], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def start(self):
        code, said = self.run('start')
        assert code == 0, said
        until(self.listens)

    def listens(self):
        """Postfix answers"""
        try:
            return smtplib.SMTP('127.0.0.1', self.port, timeout=5).quit()
        except OSError:
            return False

    def stop(self):
        pid_file = self.dir / 'queue' / 'pid' / 'master.pid'
        pid = int(pid_file.read_text()) if pid_file.exists() else 0
        self.run('stop')
        if pid and alive(pid):
            os.kill(pid, signal.SIGKILL)

    def delivered(self):
        return self.said().count('status=sent')

    def said(self):
        return self.log.read_text(errors='replace') if self.log.exists() else ''

    def send(self, data, *to, sender='s@example.net'):
        with smtplib.SMTP('127.0.0.1', self.port, timeout=20) as smtp:
            assert smtp.sendmail(sender, to, data) == {}


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def may_run():
    try:
        pwd.getpwnam('postfix'), grp.getgrnam('postdrop')
    except KeyError:
        return False
    return os.getuid() == 0


@pytest.fixture(params=['inet', pytest.param('unix', marks=pytest.mark.barid_only('the socket'))])
def postfix(request, server, tmp_path):
    if not may_run():
        pytest.skip('optional client postfix: its master must be started by root')
    where = 'inet:127.0.0.1:%d' % server.ports['lmtp'] if request.param == 'inet' else 'unix:%s' % server.lmtp_socket
    it = Postfix(tmp_path, where)
    try:
        it.start()
        yield it
    finally:
        it.stop()


def test_twenty_messages(postfix, server, post, account):
    others = [server.new_account() for _ in range(3)]
    for n in range(17):
        postfix.send(message('m%d' % n, 'text\n.\n' * n), account.address)
    postfix.send(welcome(), account.address)
    postfix.send(message('to all'), account.address, *[o.address for o in others])
    with subprocess.Popen(['sendmail', '-C', str(postfix.config), '-f', 's@example.net', account.address],
                          stdin=subprocess.PIPE) as pipe:
        pipe.communicate(message('by sendmail').replace(b'\r\n', b'\n'))
    assert pipe.returncode == 0
    try:
        until(lambda: postfix.delivered() >= 23, 30)
    except AssertionError:
        raise AssertionError(postfix.said()[-3000:]) from None
    found = post.subjects()
    assert len(found) == 20 and {'m%d' % n for n in range(17)} | {'to all', 'by sendmail'} <= set(found)
    assert any(raw.endswith(message('m5', 'text\n.\n' * 5)) for _, _, raw in post.look())
    for other in others:
        from post import Post
        p = Post(server, other)
        assert p.subjects() == ['to all']
        p.close()


def test_an_unknown_user_bounces(postfix, server, post, account):
    postfix.send(message('half wanted'), account.address, 'nobody-here@example.org', sender=account.address)
    try:
        until(lambda: 'status=bounced' in postfix.said() and len(post.look()) == 2, 30)
    except AssertionError:
        raise AssertionError(postfix.said()[-3000:]) from None
    assert 'said: 550' in postfix.said()
    bounce = next(raw for _, _, raw in post.look() if b'MAILER-DAEMON' in raw)
    assert bounce.startswith(b'Return-Path: <>') or served.KIND != 'barid'
    assert b'multipart/report' in bounce and b'nobody-here@example.org' in bounce


@pytest.mark.barid_only('Dovecot has no SMTPUTF8')
def test_an_arabic_address(postfix, server, account, post):
    """RFC 6531, from end to end: in by SMTP, on by LMTP, to an account with an Arabic name and to user+detail."""
    name = 'سلمى-' + account.user.partition('@')[0]
    server.add_accounts([name])
    arabic = server.account(name)
    sender = 'مرسل@example.net'
    data = ('From: <%s>\r\nTo: <%s>\r\nSubject: سلام\r\n\r\nx\r\n' % (sender, arabic.address)).encode()
    with smtplib.SMTP('127.0.0.1', postfix.port, timeout=20) as smtp:
        to = [arabic.address, account.address.replace('@', '+طلب@')]
        assert smtp.sendmail(sender, to, data, mail_options=['SMTPUTF8', 'BODY=8BITMIME']) == {}
    try:
        until(lambda: postfix.delivered() >= 2, 30)
    except AssertionError:
        raise AssertionError(postfix.said()[-3000:]) from None
    (_, _, raw), = post.look()
    assert raw.startswith(('Return-Path: <%s>\r\n' % sender).encode()) and b' with UTF8LMTP id ' in raw
    assert data.splitlines(True)[2] in raw
