"""neomutt at a terminal: opens INBOX, reads, moves, deletes, and writes its changes back."""
import os
import shlex
import subprocess

import pytest

from post import message, welcome
from served import until

pytestmark = pytest.mark.needs('neomutt', 'tmux')

RC = '''
set folder="imaps://localhost:{port}/" spool_file="+INBOX" imap_user="{user}" imap_pass="{password}"
set ssl_force_tls=yes certificate_file="{ca}" ssl_verify_host=yes
set header_cache="" record="" postponed="" trash=""
set confirm_append=no confirm_create=no delete=yes quit=yes move=no sleep_time=0 mark_old=no sort=mailbox-order
set charset="utf-8" wait_key=no mail_check=1 timeout=1 abort_key="\\007" help=yes
set index_format="%4C %Z %s" status_format="%f msgs:%m new:%n del:%d"
'''


class Terminal:
    def __init__(self, dir, *command):
        self.tmux = ['tmux', '-u', '-S', str(dir / 'tmux'), '-f', '/dev/null']
        env = {**os.environ, 'LC_ALL': 'C.UTF-8', 'HOME': str(dir), 'TERM': 'screen'}
        env.pop('TMUX', None)
        line = 'exec ' + shlex.join(command)
        subprocess.run([*self.tmux, 'new-session', '-d', '-x', '110', '-y', '40', line], check=True, env=env)

    def screen(self):
        return subprocess.run([*self.tmux, 'capture-pane', '-p'], capture_output=True).stdout.decode()

    def sees(self, *texts):
        try:
            until(lambda: all(t in self.screen() for t in texts), 20, 0.1)
        except AssertionError:
            raise AssertionError('%s is not on the screen:\n%s' % (texts, self.screen())) from None

    def keys(self, *keys):
        subprocess.run([*self.tmux, 'send-keys', *keys], check=True)

    def runs(self):
        return subprocess.run([*self.tmux, 'has-session'], capture_output=True).returncode == 0

    def end(self):
        subprocess.run([*self.tmux, 'kill-server'], capture_output=True)


@pytest.fixture
def neomutt(server, account, tmp_path):
    started = []

    def start():
        rc = tmp_path / 'rc'
        rc.write_text(RC.format(port=server.ports['imaps'], user=account.user, password=account.password,
                                ca=server.ca))
        started.append(Terminal(tmp_path, 'neomutt', '-n', '-F', str(rc)))
        return started[-1]
    yield start
    for terminal in started:
        terminal.end()


def test_reads_moves_deletes_and_syncs(neomutt, post):
    post.append(welcome(), message('to be moved'), message('to be deleted'), message('stays'))
    screen = neomutt()
    screen.sees('بريد', 'to be moved', 'to be deleted', 'stays', 'msgs:4')
    screen.keys('Enter')
    screen.sees('رسالة مكتوبة بالعربية', 'English', 'Subject: ')
    screen.keys('i')
    screen.sees('msgs:4')
    screen.keys('2', 'Enter')
    screen.keys('s')
    screen.sees('Save')
    screen.keys('C-u')
    screen.keys('-l', '=Archive')
    screen.keys('Enter')
    screen.sees('del:1')
    screen.keys('3', 'Enter')
    screen.keys('d')
    screen.sees('del:2')
    screen.keys('$')
    screen.sees('msgs:2')
    assert post.subjects('Archive') == ['to be moved']
    found = post.look()
    assert len(found) == 2 and '\\Seen' in found[0][1] and found[1][2] == message('stays')
    screen.keys('q')
    until(lambda: not screen.runs())


def test_new_mail_and_search_on_the_server(neomutt, post):
    post.append(message('first', 'a needle in it\n'))
    screen = neomutt()
    screen.sees('first', 'msgs:1')
    post.append(message('second'))
    screen.sees('second', 'msgs:2')
    screen.keys('l')
    screen.sees('Limit')
    screen.keys('-l', '=b needle')
    screen.keys('Enter')
    until(lambda: 'first' in screen.screen() and 'second' not in screen.screen())
    screen.keys('q')
    until(lambda: not screen.runs())
