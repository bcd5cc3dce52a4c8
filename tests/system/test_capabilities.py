"""Capabilities that are switched off: for a listener, for an account; what cannot be."""
import imaplib
import poplib
import ssl
import subprocess

import pytest

from barid import PASSWORD, PROGRAM, Barid

ANYBODY = ssl.create_default_context()
ANYBODY.check_hostname = False
ANYBODY.verify_mode = ssl.CERT_NONE


def run(server, *words):
    return subprocess.run([PROGRAM, *words, '--config', str(server.config)], text=True, capture_output=True)


def set_off(server, name, names):
    return run(server, 'account', 'set', name, 'capabilities_off', names)


def imap(server, name, tls):
    client = (imaplib.IMAP4_SSL('127.0.0.1', server.ports['imaps'], ssl_context=ANYBODY, timeout=20) if tls else
              imaplib.IMAP4('127.0.0.1', server.ports['imap'], timeout=20))
    client.login(name, PASSWORD)
    return client


def imap_has(server, name, tls, *names):
    """Which of the names CAPABILITY has; SORT and THREAD as commands are told by the answer to them."""
    client = imap(server, name, tls)
    said = client.capability()[1][0].decode().split()
    client.select()
    for word, command in (('SORT', ('SORT', '(DATE) UTF-8 ALL')), ('THREAD=REFERENCES', ('THREAD', 'REFERENCES UTF-8 ALL'))):
        try:
            known = client._simple_command(*command)[0] == 'OK'
        except imaplib.IMAP4.error:
            known = False
        assert known == (word in said), (word, said)
    client.logout()
    return {n for n in names if n in said}


def pop3_has(server, name, tls):
    client = (poplib.POP3_SSL('127.0.0.1', server.ports['pop3s'], context=ANYBODY, timeout=20) if tls else
              poplib.POP3('127.0.0.1', server.ports['pop3'], timeout=20))
    client.user(name)
    client.pass_(PASSWORD)
    said = set(client.capa())
    for word, ask in (('UIDL', client.uidl), ('TOP', lambda: client.top(1, 0)), ('LANG', lambda: client._longcmd('LANG'))):
        try:
            ask()
            known = True
        except poplib.error_proto as e:
            known = b'unknown command' not in e.args[0]
        assert known == (word in said), (word, said)
    client.quit()
    return said & {'UIDL', 'TOP', 'LANG', 'PIPELINING'}


@pytest.fixture
def served(tmp_path):
    b = Barid(tmp_path, imap_capabilities_off='SORT', imaps_capabilities_off='MOVE', pop3_capabilities_off='TOP',
              pop3s_capabilities_off='')
    yield b
    b.stop()


def test_listener_and_account_add_up(served):
    served.up()
    served.account('anna')
    served.account('ben')
    ALL = {'SORT', 'MOVE', 'THREAD=REFERENCES', 'ID'}
    assert set_off(served, 'anna', 'thread=references, ID, LANG PIPELINING').returncode == 0
    assert imap_has(served, 'ben', False, *ALL) == ALL - {'SORT'}
    assert imap_has(served, 'ben', True, *ALL) == ALL - {'MOVE'}
    assert imap_has(served, 'anna', False, *ALL) == {'MOVE'}
    assert imap_has(served, 'anna', True, *ALL) == {'SORT'}
    assert pop3_has(served, 'ben', False) == {'UIDL', 'LANG', 'PIPELINING'}
    assert pop3_has(served, 'ben', True) == {'UIDL', 'TOP', 'LANG', 'PIPELINING'}
    assert pop3_has(served, 'anna', False) == {'UIDL'}
    assert pop3_has(served, 'anna', True) == {'UIDL', 'TOP'}
    assert '(off: thread=references, ID, LANG PIPELINING)' in run(served, 'account', 'show', 'anna').stdout
    assert '"capabilities_off": ""' in run(served, 'account', 'show', 'ben', '--json').stdout
    assert run(served, 'export', 'anna', str(served.dir / 'out')).returncode == 0  # an administrator has everything
    served.stop()
    assert '(off: thread' in run(served, 'account', 'list').stdout  # on the disk
    assert set_off(served, 'anna', 'UIDL').returncode == 0  # without a server
    served.out.unlink()
    served.up()
    assert pop3_has(served, 'anna', True) == {'TOP', 'LANG', 'PIPELINING'}
    assert set_off(served, 'anna', '').returncode == 0
    assert pop3_has(served, 'anna', True) == {'UIDL', 'TOP', 'LANG', 'PIPELINING'}


@pytest.mark.parametrize('words, told', [
    (('capabilities_off', 'SORT, THREAD=REFERENCE'), "'THREAD=REFERENCE' is no capability: did you mean 'THREAD=REFERENCES'?"),
    (('capabilities_off', 'imap4rev1'), "'IMAP4rev1' cannot be switched off"),
    (('capabilities_off', 'STLS'), "'STLS' counts before login"),
    (('capability_off', 'SORT'), "write 'capabilities_off'"),
])
def test_what_cannot_be_switched_off_for_an_account(server, words, told):
    server.write_settings()
    done = run(server, 'account', 'set', 'anna', *words)
    assert done.returncode == 64
    assert told in done.stderr


def test_names_that_cannot_be_switched_off_are_refused_with_a_remedy(tmp_path):
    server = Barid(tmp_path, imap_capabilities_off='SORT, THREAD=REFERENCE', imaps_capabilities_off='imap4rev1',
                   pop3_capabilities_off='TOP UIDLE', pop3s_capabilities_off='USER')
    server.write_settings()
    done = subprocess.run([PROGRAM, 'check', '--config', str(server.config)], text=True, capture_output=True)
    told = done.stdout + done.stderr
    assert done.returncode == 78
    assert "imap_capabilities_off: 'THREAD=REFERENCE' is no capability: did you mean 'THREAD=REFERENCES'?" in told
    assert "imaps_capabilities_off: 'IMAP4rev1' cannot be switched off" in told
    assert "pop3_capabilities_off: 'UIDLE' is no capability: did you mean 'UIDL'?" in told
    assert "pop3s_capabilities_off: 'USER' cannot be switched off" in told
