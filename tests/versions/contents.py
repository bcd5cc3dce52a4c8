"""What a client can see of a store, as plain data: to be written down when it is made, and compared when it is opened later."""
import hashlib
import imaplib
import poplib
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'system'))
from barid import PASSWORD  # noqa: E402

ROW = re.compile(rb'UID (\d+)')
FLAGS = re.compile(rb'FLAGS \(([^)]*)\)')
DATE = re.compile(rb'INTERNALDATE "([^"]*)"')
SIZE = re.compile(rb'RFC822.SIZE (\d+)')
LISTED = re.compile(rb'\((.*?)\) "/" (.*)$')
STATUS = '(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)'


def login(server, user, password=PASSWORD):
    client = imaplib.IMAP4('127.0.0.1', server.ports['imap'], timeout=20)
    client.login(user, password)
    return client


def messages(client, name):
    answer, data = client.select(name, readonly=True)
    assert answer == 'OK', (name, data)
    if data[0] == b'0':
        return []
    answer, parts = client.uid('FETCH', '1:*', '(FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE BODY.PEEK[])')
    assert answer == 'OK', parts
    out = []
    for part in parts:
        if not isinstance(part, tuple):
            continue
        head, body = part
        flags = sorted(f for f in FLAGS.search(head).group(1).decode().split() if f != '\\Recent')
        assert int(SIZE.search(head).group(1)) == len(body)
        out.append({'uid': int(ROW.search(head).group(1)), 'flags': flags, 'date': DATE.search(head).group(1).decode(),
                    'size': len(body), 'sha256': hashlib.sha256(body).hexdigest()})
    return out


def mailboxes(client):
    out = {}
    for line in client.list()[1]:
        found = LISTED.search(line)
        name = found.group(2).decode()
        status = dict(re.findall(r'([A-Z]+) (\d+)', client.status(name, STATUS)[1][0].decode().rpartition('(')[2]))
        uses = sorted(set(found.group(1).decode().split()) - {'\\HasChildren', '\\HasNoChildren', '\\Marked', '\\UnMarked'})
        out[name] = {'status': status, 'attributes': uses, 'messages': messages(client, name)}
    return out


def uidl(server, user):
    client = poplib.POP3('127.0.0.1', server.ports['pop3'], timeout=20)
    client.user(user)
    client.pass_(PASSWORD)
    lines = [line.decode() for line in client.uidl()[1]]
    client.quit()
    return lines


def account(server, user):
    client = login(server, user)
    subscribed = sorted(LISTED.search(line).group(2).decode() for line in client.lsub()[1])
    seen = {'mailboxes': mailboxes(client), 'subscribed': subscribed}
    client.logout()
    return {**seen, 'uidl': uidl(server, user)}


def refused(server, user, password=PASSWORD):
    try:
        login(server, user, password).logout()
    except imaplib.IMAP4.error:
        return True
    return False
