"""alpine (the c-client library) at a terminal: opens INBOX by IMAP, reads, files, deletes, expunges; and reads by POP3."""
import pytest

from post import message, welcome
from served import until
from terminal import Terminal

pytestmark = pytest.mark.needs('alpine', 'tmux')

RC = '''
personal-name=Anna
user-domain=example.org
inbox-path={{localhost:{port}/{kind}/notls/user={user}}}INBOX
folder-collections=Mail {{localhost:{imap}/imap/notls/user={user}}}[]
default-fcc=""
last-version-used=99.99
feature-list=quit-without-confirm,expunge-without-confirm,enable-aggregate-command-set,no-enable-mouse-in-xterm,auto-open-next-unread,select-without-confirm
key-definition-passwd=
sort-key=Arrival
remote-abook-metafile=
initial-keystroke-list=
'''


@pytest.fixture
def alpine(server, account, tmp_path):
    started = []

    def start(kind):
        rc = tmp_path / 'pinerc'
        port = server.ports['imap' if kind == 'imap' else 'pop3']
        rc.write_text(RC.format(port=port, imap=server.ports['imap'], kind=kind, user=account.user))
        started.append(Terminal(tmp_path, 'alpine', '-p', str(rc), '-i'))
        started[-1].sees('PASSWORD')
        started[-1].types(account.password)
        started[-1].keys('Enter')
        started[-1].sees('Preserve password')
        started[-1].keys('n')
        return started[-1]
    yield start
    for terminal in started:
        terminal.end()


def test_imap(alpine, post):
    post.append(welcome(), message('to be filed'), message('to be deleted'), message('stays'))
    screen = alpine('imap')
    screen.sees('بريد', 'to be filed', 'stays', 'Message 1 of 4')
    screen.keys('Enter')
    screen.sees('رسالة مكتوبة بالعربية')
    screen.keys('n')
    screen.sees('hello')
    screen.keys('s')
    screen.sees('SAVE')
    screen.keys('C-u')
    screen.types('Archive')
    screen.keys('Enter')
    until(lambda: post.subjects('Archive') == ['to be filed'])
    screen.keys('n')
    screen.sees('to be deleted')
    screen.keys('d')
    until(lambda: sum('\\Deleted' in flags for _, flags, _ in post.look()) == 2)
    screen.keys('i')
    screen.sees('Message ')
    screen.keys('x')
    until(lambda: len(post.look()) == 2)
    assert [raw for _, _, raw in post.look()][1] == message('stays')
    screen.keys('q')
    until(lambda: not screen.runs())


def test_pop3(alpine, post):
    post.append(message('one'), message('two', 'the second\n'))
    screen = alpine('pop3')
    screen.sees('one', 'two')
    screen.keys('2', 'Enter', 'Enter')
    screen.sees('the second')
    screen.keys('d')
    screen.keys('q')
    until(lambda: not screen.runs())
    assert post.subjects() == ['one']
