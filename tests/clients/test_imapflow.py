"""imapflow of npm: connects, lists, appends, fetches, downloads, searches, flags, moves, idles (imapflow.mjs)."""
import fcntl
import subprocess

import pytest

from served import TESTS

pytestmark = pytest.mark.needs('node', 'npm')


@pytest.fixture(scope='session')
def packages():
    """Installs what the lock file names, once."""
    installed, lock = TESTS / 'node_modules' / '.package-lock.json', TESTS / 'package-lock.json'
    with open(TESTS / '.npmrc') as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            done = subprocess.run(['npm', 'ci'], cwd=TESTS, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr


def test_imapflow(packages, server, account):
    ports = server.ports
    done = subprocess.run(['node', str(TESTS / 'clients' / 'imapflow.mjs'), str(ports['imap']), str(ports['imaps']),
                           account.user, account.password, str(server.ca), str(ports['lmtp']), account.address],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and 'all well' in done.stdout, done.stderr[-3000:]
