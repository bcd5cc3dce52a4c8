"""Libraries that other programs read mail with: Perl's Mail::IMAPClient and Mail::POP3Client, libetpan (C), node-pop3 (npm)."""
import os
import subprocess

import pytest

from post import message
from served import TESTS

HERE = TESTS / 'clients'


def well(*command, **environment):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60, env={**os.environ, **environment})
    assert done.returncode == 0 and 'all well' in done.stdout, (done.stdout + done.stderr)[-3000:]


def perl_has(module):
    return subprocess.run(['perl', '-M' + module, '-e', '1'], capture_output=True).returncode == 0


def test_perl(server, account):
    if not perl_has('Mail::IMAPClient') or not perl_has('Mail::POP3Client'):
        pytest.skip('optional client Mail::IMAPClient or Mail::POP3Client is not installed')
    p = server.ports
    well('perl', HERE / 'perl_clients.pl', p['imap'], p['imaps'], p['pop3s'], account.user, account.password, server.ca,
         SSL_CERT_FILE=str(server.ca))


def test_libetpan(server, account, tmp_path):
    program = tmp_path / 'etpan'
    built = subprocess.run(['cc', '-o', str(program), str(HERE / 'etpan.c'), '-letpan'], capture_output=True, text=True)
    if 'libetpan' in built.stderr and 'No such file' in built.stderr:
        pytest.skip('optional client libetpan is not installed')
    assert built.returncode == 0, built.stderr
    well(program, server.ports['imaps'], server.ports['pop3s'], account.user, account.password)


@pytest.mark.needs('node', 'npm')
def test_node_pop3(packages, server, account, post):
    post.append(message('one'), message('two', 'a\nb\n'))
    well('node', HERE / 'pop3.mjs', server.ports['pop3s'], account.user, account.password)
    assert post.subjects() == ['two']
