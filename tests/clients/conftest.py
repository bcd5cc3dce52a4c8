import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import served  # noqa: E402
from post import Post  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line('markers', 'needs(program): a client that is optional')
    config.addinivalue_line('markers', 'barid_only(reason): not for another server')


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Before any fixture, so that none is made for a test that is left out."""
    for mark in item.iter_markers('needs'):
        for name in mark.args:
            if not shutil.which(name):
                pytest.skip('optional client %s is not installed' % name)
    if served.KIND != 'barid' and item.get_closest_marker('barid_only'):
        pytest.skip('only for Barid')


@pytest.fixture(scope='session')
def server():
    """One running server for all tests of this process; what it complained of fails the last."""
    it = served.make()
    try:
        yield it.up()
    finally:
        it.stop()
    complaints = it.complaints()
    if not complaints:
        it.remove()
    assert not complaints, 'in %s: %s' % (it.log, '\n'.join(complaints[:20]))


@pytest.fixture
def account(server):
    return server.new_account()


@pytest.fixture
def post(server, account):
    """The account's mail as the test itself sees it."""
    p = Post(server, account)
    yield p
    p.close()


@pytest.fixture
def own_server():
    """Makes a server for one test alone, with settings; it is not started yet."""
    made = []

    def make(**settings):
        made.append(served.make(settings))
        return made[-1]
    yield make
    for it in made:
        it.stop()
        it.remove()


@pytest.fixture(scope='session')
def packages():
    """Installs what the lock file names, once."""
    installed, lock = served.TESTS / 'node_modules' / '.package-lock.json', served.TESTS / 'package-lock.json'
    with open(served.TESTS / '.npmrc') as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            done = subprocess.run(['npm', 'ci'], cwd=served.TESTS, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr
