"""One Barid server for a test: its directory, ports, processes, log and status."""
import imaplib
import json
import os
import pwd
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get('BARID') or str(ROOT / 'build' / 'barid')
PASSWORD = 'secret'
LISTENERS = ('imap', 'imaps', 'pop3', 'pop3s', 'lmtp')


def free_ports(count):
    """All at once, so that none is given out twice."""
    held = [socket.socket() for _ in range(count)]
    for s in held:
        s.bind(('127.0.0.1', 0))
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def free_port():
    return free_ports(1)[0]


def until(what, seconds=20, every=0.05):
    """What `what()` gives once that is true; fails the test when it never is."""
    end = time.time() + seconds
    while True:
        got = what()
        if got:
            return got
        if time.time() > end:
            pytest.fail('waited %ds in vain for %s' % (seconds, what))
        time.sleep(every)


class Barid:
    def __init__(self, dir, **settings):
        self.dir = Path(dir)
        self.data = self.dir / 'data'
        self.config = self.dir / 'barid.conf'
        self.out = self.dir / 'log'
        self.ports = dict(zip(LISTENERS, free_ports(len(LISTENERS))))
        self.settings = {'hostname': 'localhost', 'data_dir': self.data, 'shards': 2, 'fronts': 2, 'auth_failure_delay': '0s',
                         **{name + '_listen': '127.0.0.1:%d' % port for name, port in self.ports.items()}}
        if os.getuid() == 0:
            self.settings['user'] = 'nobody'
            for part in [self.dir, *self.dir.parents]:
                if part.stat().st_uid == 0 and part != Path('/tmp') and len(part.parts) > 2:
                    part.chmod(0o755)
        self.settings.update(settings)
        self.process = None

    def write_settings(self, **more):
        self.settings.update(more)
        self.config.write_text(''.join('%s = %s\n' % item for item in self.settings.items() if item[1] is not None))

    def start(self):
        """The process, without waiting for it to be up."""
        self.write_settings()
        with open(self.out, 'ab') as out:
            self.process = subprocess.Popen([PROGRAM, 'serve', '--config', str(self.config)], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=out)
        return self

    def up(self):
        self.start()
        until(lambda: ' ready ' in self.log() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log()
        return self

    def fails(self):
        """Exit code and words of a start that must not succeed."""
        self.start()
        code = self.process.wait(20)
        return code, self.log()

    def log(self):
        return self.out.read_text(errors='replace') if self.out.exists() else ''

    def status(self):
        return json.loads((self.data / 'run' / 'status.json').read_text())

    def process_of(self, role, index=0):
        return next(p for p in self.status()['processes'] if p['role'] == role and p['index'] == index)

    def account(self, name):
        done = subprocess.run([PROGRAM, 'account', 'add', name, '--password-stdin', '--data', str(self.data)],
                              input=PASSWORD + '\n', text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        return name

    def imap(self, user=None):
        client = imaplib.IMAP4('127.0.0.1', self.ports['imap'], timeout=20)
        if user:
            client.login(user, PASSWORD)
        return client

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def greeting(self, listener):
        with socket.create_connection(('127.0.0.1', self.ports[listener]), timeout=10) as s:
            return s.recv(200)


def nobody():
    return pwd.getpwnam('nobody').pw_uid
