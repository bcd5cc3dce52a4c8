"""The server that the clients meet: Barid with room for big messages and many sessions, or, with
BARID_TEST_SERVER=dovecot, a stock Dovecot, which shows whether a test itself is right."""
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / 'player'))
import servers  # noqa: E402

PASSWORD = servers.PASSWORD
KIND = os.environ.get('BARID_TEST_SERVER', 'barid')
SETTINGS = {'message_size_max': '32m', 'connections_per_account_max': 400, 'lmtp_socket_mode': '0666'}
numbers = itertools.count(1)


def program():
    build = os.environ.get('BARID_BUILD')
    return os.environ.get('BARID') or str(Path(build or TESTS.parent / 'build').resolve() / 'barid')


def until(what, seconds=20, every=0.02):
    """What `what()` gives once that is true."""
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got:
            return got
        assert time.monotonic() < end, 'waited %d s in vain for %s' % (seconds, getattr(what, '__doc__', None) or what)
        time.sleep(every)


class Served(servers.Barid):
    """Barid, in a process group of its own, so that all of it can be killed at once."""

    def __init__(self, settings=()):
        super().__init__({**SETTINGS, **dict(settings)}, program())
        # where Postfix can reach it: the data directory is nobody else's
        self.lmtp_socket = self.dir / 'socket' / 'lmtp'
        self.settings.setdefault('lmtp_socket', self.lmtp_socket)

    @property
    def ca(self):
        return self.data / 'tls' / 'cert.pem'

    def up(self):
        self.lmtp_socket.parent.mkdir()
        if os.getuid() == 0:
            os.chown(self.lmtp_socket.parent, servers.NOBODY, servers.NOBODY)
        self.start([])
        self.data.chmod(0o700)
        until(self.says_ready)
        return self

    def says_ready(self, times=1):
        assert self.process.poll() is None, self.log_end()
        return self.log.read_text(errors='replace').count(' ready ') >= times

    def again(self):
        """Starts it on the data that is there."""
        before = self.log.read_text(errors='replace').count(' ready ') if self.log.exists() else 0
        with open(self.log, 'ab') as output:
            self.process = subprocess.Popen([self.program, 'serve', '--data', str(self.data)], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output, start_new_session=True)
        until(lambda: self.says_ready(before + 1))

    def new_account(self):
        name = 'user%d' % next(numbers)
        self.add_accounts([name])
        return self.account(name)

    def run(self, *words, **more):
        return subprocess.run([self.program, *map(str, words), '--data', str(self.data)], capture_output=True,
                              timeout=120, **more)

    def kill_all(self):
        """All processes at the same moment, without a word to any; only for one that `again` started."""
        assert os.getpgid(self.process.pid) == self.process.pid != os.getpgrp()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        until(lambda: not group_lives(self.process.pid))


def group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


class ServedDovecot(servers.Dovecot):
    @property
    def ca(self):
        return self.dir / 'cert.pem'

    @property
    def lmtp_socket(self):
        return self.dir / 'run' / 'lmtp'

    def up(self):
        self.start(['user%d' % n for n in range(1, 400)])
        return self

    def new_account(self):
        return self.account('user%d' % next(numbers))


def make(settings=()):
    return Served(settings) if KIND == 'barid' else ServedDovecot()
