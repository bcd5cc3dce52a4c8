"""Starts the servers that transcripts are played against: each in a directory of its own, on free ports of the
loopback, stopped by process id. Knows how accounts are made there, and nothing of transcripts."""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PORTS = ('imap', 'imaps', 'pop3', 'pop3s', 'lmtp')
PASSWORD = 'open-sesame'
NOBODY = 65534

COMPLAINT = re.compile(r'Sanitizer|runtime error:|^\S+ error\b', re.I)


# of PASSWORD, with sha512crypt's least number of rounds
CHEAP_HASH = '$6$rounds=1000$barid$AvTpbZdopcw/DUHca/qJOGsRVHrexLPPMyCcpcbi1Qn8uGy7Agat.T6YJFiE2s3/7FUwX8jdIksUySq5/sILX/'


class ServerError(Exception):
    pass


class Account:
    def __init__(self, user, address, password=PASSWORD):
        self.user, self.address, self.password = user, address, password


def free_ports(count):
    """Ports that nobody uses; all are held until the last is found."""
    held = []
    for _ in range(count):
        sock = socket.socket()
        sock.bind(('127.0.0.1', 0))
        held.append(sock)
    ports = [s.getsockname()[1] for s in held]
    for sock in held:
        sock.close()
    return ports


class Server:
    name = domain = None
    host, timeout = '127.0.0.1', 8.0
    workers = 8
    prefix = 'transcripts'

    def __init__(self, settings=()):
        self.settings = dict(settings)
        self.ports = dict(zip(PORTS, free_ports(len(PORTS))))
        self.dir = Path(tempfile.mkdtemp(prefix='%s-%s-' % (self.prefix, self.name)))
        self.process = None
        self.log = self.dir / 'server.log'

    def can(self, key, value):
        """Whether this server can be started with a setting of Barid's."""
        return False

    def account(self, name):
        return Account(name, '%s@%s' % (name, self.domain))

    def wait_ready(self):
        deadline = time.monotonic() + 30
        for port in self.ports.values():
            while True:
                try:
                    socket.create_connection((self.host, port), 1).close()
                    break
                except OSError:
                    if self.process.poll() is not None or time.monotonic() > deadline:
                        self.stop()
                        raise ServerError('%s does not answer on port %d:\n%s' % (self.name, port, self.log_end()))
                    time.sleep(0.05)

    def log_end(self):
        return '\n'.join(self.log.read_text(errors='replace').splitlines()[-20:]) if self.log.exists() else '(no log)'

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def complaints(self):
        """After stop: what in the server's log and end no transcript may cause."""
        return []

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class Dovecot(Server):
    name, domain = 'dovecot', 'example.org'
    program = '/usr/sbin/dovecot'
    # Barid's settings in Dovecot's words, where it has them
    words = {('cleartext_login', 'never'): 'disable_plaintext_auth = yes'}

    def can(self, key, value):
        return (key, value) in self.words

    def start(self, names):
        if not Path(self.program).exists():
            raise ServerError('no Dovecot here; Debian: apt install dovecot-imapd dovecot-pop3d dovecot-lmtpd')
        self.dir.chmod(0o755)
        mail = self.dir / 'mail'
        mail.mkdir()
        owner = (NOBODY, NOBODY) if os.getuid() == 0 else (os.getuid(), os.getgid())
        if os.getuid() == 0:
            os.chown(mail, *owner)
        self.certificate()
        line = '%s:{PLAIN}%s:%d:%d::%s/mail/%s::\n'
        users = ''.join(line % (name, PASSWORD, *owner, self.dir, name) for name in names)
        (self.dir / 'users').write_text(users)
        template = (HERE.parent / 'dovecot' / 'dovecot.conf.in').read_text()
        values = {'DIR': str(self.dir), **{k.upper(): v for k, v in self.ports.items()}}
        values['USERS'] = '' if os.getuid() == 0 else (
            'default_internal_user = %s\ndefault_login_user = %s\ndefault_internal_group = %s\n' % (
                user_name(), user_name(), group_name()))
        values['CHROOT'] = '' if os.getuid() == 0 else 'chroot ='
        for key, value in values.items():
            template = template.replace('@%s@' % key, str(value))
        template += ''.join(self.words[item] + '\n' for item in self.settings.items())
        (self.dir / 'dovecot.conf').write_text(template)
        output = open(self.dir / 'out', 'wb')
        self.process = subprocess.Popen([self.program, '-F', '-c', str(self.dir / 'dovecot.conf')],
                                        stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.wait_ready()

    def certificate(self):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '7', '-subj',
                        '/CN=localhost', '-keyout', str(self.dir / 'key.pem'), '-out', str(self.dir / 'cert.pem')],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Barid(Server):
    name, domain = 'barid', 'example.org'
    # a small limit, so that transcripts can go beyond it; no waiting after wrong passwords, many sessions at a time
    usual = {'hostname': 'localhost', 'message_size_max': '1m', 'auth_failure_delay': '0s', 'shards': 2, 'fronts': 2,
             'connections_per_account_max': 50}

    def can(self, key, value):
        return True

    def __init__(self, settings=(), program=None, faults=None):
        super().__init__(settings)
        self.faults = faults  # what its disk is to do wrong: tests/faults/program
        self.program = program or os.environ.get('BARID') or str(ROOT / 'build' / ('barid-faulty' if faults else 'barid'))

    def account(self, name):
        address = '%s@%s' % (name, self.domain)
        return Account(address, address)

    def start(self, names):
        if not Path(self.program).exists():
            raise ServerError('no %s; build it first, or name it with --program' % self.program)
        self.dir.chmod(0o755)
        self.data = self.dir / 'data'
        self.data.mkdir()
        ports = {k + '_listen': '%s:%d' % (self.host, v) for k, v in self.ports.items()}
        settings = {'data_dir': self.data, **ports, **self.usual, **self.settings}
        environment = dict(os.environ)
        if self.faults:
            settings['confine'] = 'no'
            environment['BARID_FAULT'] = self.faults
        if os.getuid() == 0:
            settings['user'] = 'nobody'
            os.chown(self.data, NOBODY, NOBODY)
        (self.data / 'barid.conf').write_text(''.join('%s = %s\n' % item for item in settings.items()))
        self.add_accounts(names)
        output = open(self.log, 'wb')
        self.process = subprocess.Popen([self.program, 'serve', '--data', str(self.data)], env=environment,
                                        stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.wait_ready()

    def complaints(self):
        out = [line for line in self.log.read_text(errors='replace').splitlines() if COMPLAINT.search(line)]
        if self.process.returncode:
            out.append('it ended with exit code %d' % self.process.returncode)
        return out

    def add_accounts(self, names):
        """All at once, with a hash that is cheap to verify: what a good one costs is the concern of other tests."""
        lines = ''.join('%s\t%s\n' % (self.account(name).user, CHEAP_HASH) for name in names)
        done = subprocess.run([self.program, 'account', 'add', '--stdin', '--hashed', '--data', str(self.data)],
                              input=lines, text=True, capture_output=True)
        if done.returncode:
            raise ServerError('barid account add --stdin: %s' % (done.stderr or done.stdout))


class Given(Server):
    """A server that runs already: HOST:imap=143,pop3=110,lmtp=24, accounts NAME... made beforehand."""
    name, domain = 'given', 'example.org'

    def __init__(self, where, settings=(), domain='example.org'):
        super().__init__(settings)
        self.domain = domain
        self.host, _, ports = where.partition(':')
        self.ports = {k: int(v) for k, v in (p.split('=') for p in ports.split(','))}

    def start(self, names):
        pass


def user_name():
    import pwd
    return pwd.getpwuid(os.getuid()).pw_name


def group_name():
    import grp
    return grp.getgrgid(os.getgid()).gr_name
