"""imapflow of npm: connects, lists, appends, fetches, downloads, searches, flags, moves, idles (imapflow.mjs)."""
import subprocess

import pytest

from served import TESTS

pytestmark = pytest.mark.needs('node', 'npm')


def test_imapflow(packages, server, account):
    ports = server.ports
    done = subprocess.run(['node', str(TESTS / 'clients' / 'imapflow.mjs'), str(ports['imap']), str(ports['imaps']),
                           account.user, account.password, str(server.ca), str(ports['lmtp']), account.address],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and 'all well' in done.stdout, done.stderr[-3000:]
