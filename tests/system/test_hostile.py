"""Strangers and broken clients: rubbish, half commands, huge announcements, connections that end anywhere. Every process must live
on, nothing may be left behind, and an ordinary client must be served meanwhile and afterwards."""
import imaplib
import random
import socket
import ssl
import threading
import time

from barid import PASSWORD, until

SECONDS, CLIENTS = 8, 10
PIECES = {
    'imap': [b'a LOGIN anna secret\r\n', b'a SELECT INBOX\r\n', b'b FETCH 1:* (FLAGS BODY[])\r\n', b'c SEARCH OR NOT (TEXT {3+}\r\nabc) ALL\r\n',
             b'd APPEND INBOX {1000000000}\r\n', b'd APPEND INBOX {10+}\r\n0123456789\r\n', b'e IDLE\r\nDONE\r\nf NOOP\r\n', b'e IDLE\r\n',
             b'a AUTHENTICATE PLAIN\r\n', b'a AUTHENTICATE PLAIN ' + b'A' * 13000 + b'\r\n', b'*\r\n', b'(((((((((', b'{99999999999999999999+}\r\n',
             b'\x00\xff\xfe', b'g STORE 1:* +FLAGS (\\Seen kw)\r\n', b'h COPY 1:* Trash\r\n', b'i MOVE 1 Junk\r\n', b'j LIST "" "*%*%*"\r\n',
             b'k STARTTLS\r\n', b'l LOGOUT\r\n', b'm EXPUNGE\r\n', b'n CREATE &Jjo-\r\n', b'o RENAME INBOX x\r\n', b'p DELETE x\r\n', b'x' * 70000],
    'pop3': [b'USER anna\r\n', b'PASS secret\r\n', b'STAT\r\n', b'LIST\r\n', b'RETR 1\r\n', b'TOP 1 4000000000\r\n', b'DELE 1\r\n', b'RSET\r\n',
             b'UIDL\r\n', b'QUIT\r\n', b'AUTH LOGIN\r\n', b'YW5uYQ==\r\n', b'STLS\r\n', b'\x00\x01', b'y' * 5000, b'CAPA\r\n'],
    'lmtp': [b'LHLO x\r\n', b'MAIL FROM:<a@b>\r\n', b'RCPT TO:<anna>\r\n', b'RCPT TO:<anna+d@x>\r\n', b'DATA\r\n', b'.\r\n',
             b'Subject: x\r\n\r\n..y\r\n.\r\n', b'BDAT 10\r\n', b'BDAT 5 LAST\r\nabcde', b'BDAT 99999999999\r\n', b'RSET\r\n', b'QUIT\r\n',
             b'z' * 9000, b'VRFY x\r\n'],
}


def one_client(server, chance, tls):
    name = chance.choice(list(server.ports))
    protocol = {'imaps': 'imap', 'pop3s': 'pop3'}.get(name, name)
    try:
        s = socket.create_connection(('127.0.0.1', server.ports[name]), 5)
        if name.endswith('s') and chance.random() < 0.9:
            s.settimeout(5)
            s = tls.wrap_socket(s)
        s.settimeout(0.05)
        if protocol != 'lmtp' and chance.random() < 0.7:
            s.sendall(b'a LOGIN anna secret\r\n' if protocol == 'imap' else b'USER anna\r\nPASS secret\r\n')
        for _ in range(chance.randint(1, 10)):
            s.sendall(b''.join(chance.choice(PIECES[protocol]) for _ in range(chance.randint(1, 6))))
            if chance.random() < 0.5:
                try:
                    s.recv(65536)
                except TimeoutError:
                    pass
        if chance.random() < 0.3:
            s.shutdown(socket.SHUT_WR)
        s.close()
    except OSError:
        pass  # the server has every right to hang up


def test_nothing_falls_over_and_nothing_is_left(server):
    server.up()
    server.account('anna')
    before = {(p['role'], p['index']): p['pid'] for p in server.status()['processes']}
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    end = time.time() + SECONDS

    def strangers(seed):
        chance = random.Random(seed)
        while time.time() < end:
            one_client(server, chance, tls)

    threads = [threading.Thread(target=strangers, args=(seed,)) for seed in range(CLIENTS)]
    for t in threads:
        t.start()
    served = 0
    while time.time() < end:
        m = imaplib.IMAP4('127.0.0.1', server.ports['imap'])
        m.login('anna', PASSWORD)
        assert m.select()[0] == 'OK'
        m.logout()
        served += 1
    for t in threads:
        t.join()
    assert served > 5
    after = {(p['role'], p['index']): p['pid'] for p in server.status()['processes']}
    assert after == before, server.log()[-4000:]
    until(lambda: all(p['sessions'] == p['connections'] == p['deliveries'] == 0 for p in server.status()['processes']), 30)
    assert 'ERROR' not in server.log() and 'runtime error' not in server.log()
