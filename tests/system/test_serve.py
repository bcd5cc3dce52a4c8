"""`barid serve` as an administrator meets it: starts that succeed, starts that are refused, reloads, and the end."""
import os
import signal
import socket
import ssl
import stat
import subprocess

import pytest

from barid import PROGRAM, Barid, until

EX_UNAVAILABLE, EX_CONFIG = 69, 78


def test_starts_on_an_empty_directory(server):
    server.up()
    assert server.greeting('imap').startswith(b'* OK')
    assert server.greeting('pop3').startswith(b'+OK')
    assert server.greeting('lmtp').startswith(b'220 ')
    status = server.status()
    assert status['state'] == 'ready' and len(status['shards']) == 2
    assert sorted(p['role'] for p in status['processes']) == ['auth', 'front', 'front', 'mail', 'mail']
    assert stat.S_IMODE(server.data.stat().st_mode) in (0o700, 0o710)
    assert stat.S_IMODE((server.data / 'tls' / 'key.pem').stat().st_mode) == 0o600


def test_lmtp_socket_has_its_mode(server):
    server.settings['lmtp_socket_mode'] = '0622'
    server.up()
    path = server.data / 'run' / 'lmtp.sock'
    assert stat.S_IMODE(path.stat().st_mode) == 0o622
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(path))
        assert s.recv(100).startswith(b'220 ')


def test_a_socket_left_behind_by_a_killed_server_is_no_obstacle(server):
    server.up()
    pids = [p['pid'] for p in server.status()['processes']]
    server.process.kill()
    server.process.wait()
    until(lambda: not any(os.path.exists('/proc/%d/exe' % pid) for pid in pids))
    assert (server.data / 'run' / 'lmtp.sock').exists()
    server.out.unlink()
    server.up()


def test_the_certificate_names_this_host(server):
    server.up()
    context = ssl.create_default_context(cafile=str(server.data / 'tls' / 'cert.pem'))
    for listener, greeting in (('imaps', b'* OK'), ('pop3s', b'+OK')):
        with socket.create_connection(('127.0.0.1', server.ports[listener]), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname='localhost') as s:
                assert s.recv(200).startswith(greeting)


def one_sentence(text, *words):
    lines = [line for line in text.splitlines() if line.startswith('barid: ')]
    assert len(lines) == 1, text
    for word in words:
        assert word in lines[0], text


def test_port_in_use(server):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        server.settings['imap_listen'] = '127.0.0.1:%d' % s.getsockname()[1]
        code, said = server.fails()
    assert code == EX_UNAVAILABLE
    one_sentence(said, 'imap_listen', server.settings['imap_listen'])


def test_unwritable_directory(server):
    if os.getuid() == 0:
        server.settings['data_dir'] = '/proc/barid-cannot-be-here'
    else:
        locked = server.dir / 'locked'
        locked.mkdir(mode=0o500)
        server.settings['data_dir'] = locked / 'data'
    code, said = server.fails()
    assert code not in (0, None)
    one_sentence(said, str(server.settings['data_dir']))


def test_broken_settings_are_all_named(server):
    server.settings.update({'imap_lisen': '127.0.0.1:1', 'shards': 'many', 'tls_min': '0.9'})
    code, said = server.fails()
    assert code == EX_CONFIG
    lines = [line for line in said.splitlines() if line.startswith('barid: ')]
    assert len(lines) == 3, said
    assert any('imap_listen' in line for line in lines)


def test_a_second_server_says_so(server):
    server.up()
    other = Barid(server.dir)
    other.out = server.dir / 'log2'
    code, said = other.fails()
    assert code == EX_UNAVAILABLE
    one_sentence(said, 'another Barid', str(server.process.pid))
    assert server.greeting('imap').startswith(b'* OK')


def make_certificate(server, name, days='5'):
    cert, key_file = server.dir / (name + '.pem'), server.dir / (name + '-key.pem')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', days, '-subj', '/CN=' + name, '-keyout',
                    str(key_file), '-out', str(cert)], check=True, capture_output=True)
    return cert, key_file


def test_a_key_that_does_not_fit(server):
    cert, _ = make_certificate(server, 'one')
    _, key = make_certificate(server, 'two')
    server.settings.update(tls_cert=cert, tls_key=key)
    code, said = server.fails()
    assert code == EX_CONFIG
    one_sentence(said, 'tls_cert', str(cert))


@pytest.mark.parametrize('spoilt', ['certificate', 'key'])
def test_a_damaged_certificate_or_key_is_named(server, spoilt):
    cert, key = make_certificate(server, 'good')
    file = cert if spoilt == 'certificate' else key
    file.write_bytes(file.read_bytes()[:300] + b'\0\xff' + file.read_bytes()[302:])
    server.settings.update(tls_cert=cert, tls_key=key)
    code, said = server.fails()
    assert code == EX_CONFIG
    one_sentence(said, 'tls_cert', str(cert), str(key), 'key file' if spoilt == 'key' else 'no certificate', 'renew')


@pytest.mark.parametrize('file', ['cert.pem', 'key.pem'])
@pytest.mark.parametrize('how', ['flipped', 'empty', 'gone'])
def test_its_own_certificate_is_made_anew(server, file, how):
    server.up()
    server.stop()
    path = server.data / 'tls' / file
    good = path.read_bytes()
    if how == 'gone':
        path.unlink()
    else:
        path.write_bytes(b'' if how == 'empty' else good[:60] + b'\0' + good[61:])
    server.out.unlink()
    server.up()
    if (file, how) != ('cert.pem', 'gone'):  # without one it is a first start
        assert ' certificate-made-anew ' in server.log() and 'tls/' + ('key.pem' if how == 'gone' else 'cert.pem') in server.log()
        assert (server.data / 'tls' / 'cert.pem.damaged').exists()
    assert path.read_bytes() != good
    ssl.create_default_context(cafile=str(server.data / 'tls' / 'cert.pem'))
    assert subject(server)


def test_reload_with_its_own_certificate_damaged_keeps_it_in_use(server):
    server.up()
    before = subject(server)
    path = server.data / 'tls' / 'key.pem'
    path.write_bytes(b'\0' * 100)
    server.signal(signal.SIGHUP)
    until(lambda: ' certificate-refused ' in server.log())
    assert 'tls/cert.pem' in server.log() and 'remove both' in server.log()
    assert path.read_bytes() == b'\0' * 100
    assert subject(server) == before


def test_damaged_settings_are_named_by_line(server):
    server.write_settings()
    server.config.write_bytes(server.config.read_bytes() + b'shard\0s = 2\n\xff\xfe\n')
    for line, words in ((server.config.read_bytes().count(b'\n') - 1, 'NUL'), (server.config.read_bytes().count(b'\n'), 'key = value')):
        done = subprocess.run([PROGRAM, 'serve', '--config', str(server.config)], capture_output=True, timeout=20)
        assert done.returncode == EX_CONFIG
        assert any('%s:%d: ' % (server.config, line) in said and words in said for said in done.stderr.decode(errors='replace').splitlines())


def subject(server):
    context = ssl._create_unverified_context()
    with socket.create_connection(('127.0.0.1', server.ports['imaps']), timeout=10) as plain:
        with context.wrap_socket(plain) as s:
            pem = ssl.DER_cert_to_PEM_cert(s.getpeercert(True))
    done = subprocess.run(['openssl', 'x509', '-noout', '-subject'], input=pem, text=True, capture_output=True, check=True)
    return done.stdout.strip().split('CN = ')[-1]


def test_reload_keeps_connections_and_takes_what_is_new(server):
    server.up()
    before = server.imap()
    cert, key = make_certificate(server, 'renewed')
    old_port, new = server.ports['pop3'], Barid(server.dir).ports['pop3']
    server.write_settings(tls_cert=cert, tls_key=key, pop3_listen='127.0.0.1:%d' % new)
    server.signal(signal.SIGHUP)
    until(lambda: ' reloaded ' in server.log())
    until(lambda: subject(server) == 'renewed')
    server.ports['pop3'] = new
    assert server.greeting('pop3').startswith(b'+OK')
    with pytest.raises(OSError):
        socket.create_connection(('127.0.0.1', old_port), timeout=2)
    assert before.noop()[0] == 'OK'
    assert before.starttls(ssl._create_unverified_context())[0] == 'OK'


def test_reload_with_broken_settings_changes_nothing(server):
    server.up()
    before = server.imap()
    server.write_settings(shards='many')
    server.signal(signal.SIGHUP)
    until(lambda: ' not-reloaded ' in server.log())
    assert 'shards' in server.log()
    assert before.noop()[0] == 'OK'
    assert server.greeting('imap').startswith(b'* OK')


def test_reload_with_a_broken_certificate_keeps_the_last_good_one(server):
    cert, key = make_certificate(server, 'good')
    server.settings.update(tls_cert=cert, tls_key=key)
    server.up()
    cert.write_text('this is no certificate\n')
    server.signal(signal.SIGHUP)
    until(lambda: ' certificate-refused ' in server.log())
    assert subject(server) == 'good'


def test_sigterm_drains_and_ends_well(server):
    server.up()
    before = server.imap()
    server.signal(signal.SIGTERM)
    assert server.process.wait(12) == 0
    assert b'BYE' in before.readline()
    assert not (server.data / 'run' / 'lmtp.sock').exists()
    assert ' stopped ' in server.log()
    with pytest.raises(OSError):
        socket.create_connection(('127.0.0.1', server.ports['imap']), timeout=2)


def test_the_number_of_shards_is_fixed(server):
    server.up()
    server.stop()
    server.settings['shards'] = 1
    server.out.unlink()
    server.up()
    assert len(server.status()['shards']) == 2


def test_systemd_is_told(server):
    path = server.dir / 'notify'
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(path))
        s.settimeout(20)
        os.environ['NOTIFY_SOCKET'] = str(path)
        try:
            server.up()
            assert s.recv(100) == b'READY=1'
            server.stop()
            assert s.recv(100) == b'STOPPING=1'
        finally:
            del os.environ['NOTIFY_SOCKET']
