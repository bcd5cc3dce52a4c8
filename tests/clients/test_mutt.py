"""neomutt and mutt at a terminal: each opens INBOX, reads, moves, deletes, and writes its changes back."""
import pytest

from post import message, welcome
from served import until
from terminal import Terminal

pytestmark = pytest.mark.needs('neomutt', 'mutt', 'tmux')

RC = '''
set folder="imaps://localhost:{port}/" spoolfile="+INBOX" imap_user="{user}" imap_pass="{password}"
set ssl_force_tls=yes certificate_file="{ca}" ssl_verify_host=yes
set header_cache="" record="" postponed=""
set confirmappend=no confirmcreate=no delete=yes quit=yes move=no sleep_time=0 mark_old=no sort=mailbox-order
set charset="utf-8" wait_key=no mail_check=1 timeout=1 help=yes
set index_format="%4C %Z %s" status_format="%f msgs:%m new:%n del:%d"
'''


@pytest.fixture(params=['neomutt', 'mutt'])
def mutt(request, server, account, tmp_path):
    started = []

    def start():
        rc = tmp_path / 'rc'
        rc.write_text(RC.format(port=server.ports['imaps'], user=account.user, password=account.password,
                                ca=server.ca))
        started.append(Terminal(tmp_path, request.param, '-n', '-F', str(rc)))
        return started[-1]
    yield start
    for terminal in started:
        terminal.end()


def test_reads_moves_deletes_and_syncs(mutt, post):
    post.append(welcome(), message('to be moved'), message('to be deleted'), message('stays'))
    screen = mutt()
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


def test_new_mail_and_search_on_the_server(mutt, post):
    post.append(message('first', 'a needle in it\n'))
    screen = mutt()
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
