"""What POP3 clients can ask for beyond fetching: languages and UTF-8 names."""
import poplib

import pytest

import served

pytestmark = pytest.mark.barid_only('no other server has these')


def connect(server):
    return poplib.POP3('localhost', server.ports['pop3'], timeout=20)


@pytest.mark.parametrize('stored, said', [('zoë', 'zoe\u0308'), ('زينب', 'زينب')])
def test_names_in_utf8(server, stored, said):
    """RFC 6856 §2.2: a name is the same in whatever form a keyboard composes it."""
    server.add_accounts([stored])
    c = connect(server)
    c.encoding = 'UTF-8'
    assert c.utf8().startswith(b'+OK')
    c.user('%s@example.org' % said)
    assert c.pass_('%s' % served.PASSWORD).startswith(b'+OK')
    c.quit()


@pytest.mark.parametrize('tag, word', [('ar', 'مع السلامة'), ('fr', 'au revoir'), ('zh', '再见')])
def test_quit_in_a_language(server, account, tag, word):
    c = connect(server)
    assert c._shortcmd('LANG ' + tag).startswith(b'+OK ' + tag.encode())
    c.user(account.user)
    c.pass_(account.password)
    assert c.quit().decode() == '+OK ' + word
