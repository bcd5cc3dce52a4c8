#!/usr/bin/env python3
"""Reads a shard's log and says what mail there is. Written from doc/STORE-FORMAT.md alone, without the server's sources: what it cannot do is missing
on that page. It opens nothing but the segments, changes nothing, and may run beside the server.

    tests/reader/read.py DATA/shard-0/log                                          all messages of all accounts
    tests/reader/read.py DATA/shard-0/log --account 7 --mailbox INBOX --uid 3      the bytes of one
    tests/reader/read.py DATA/shard-0/log --kept                                   also what was expunged and is kept
    tests/reader/read.py DATA/shard-0/log --devices                                also devices of POP3, and what each has of INBOX

Exit code 1 when something cannot be read. Needs libxxhash, as Barid does."""
import argparse
import calendar
import re
import sys
import time

from mail import Store


def seen(account):
    """{mailbox: (UIDVALIDITY, {UID: (flags, size, date, modseq)})}, as store_look.py asks a server for it."""
    return {box.name: (box.uidvalidity, {m.uid: (frozenset(box.flag_names(m)), m.size, m.date, m.modseq) for m in box.messages.values()})
            for box in account.mailboxes.values()}


def told(client):
    """The same, from a server, by an imaplib client that has logged in. No modseq (None) where the server does not tell it."""
    boxes, with_modseq = {}, 'CONDSTORE' in client.capabilities
    if client.state == 'AUTH':
        client.enable('UTF8=ACCEPT')
    for line in client.list()[1]:
        if re.match(rb'\([^)]*\\(NoSelect|NonExistent)', line, re.I):
            continue  # a name in between, of no mailbox
        name = re.search(rb'"((?:[^"\\\\]|\\\\.)*)"$|(\S+)$', line)
        name = (name[1] if name[1] is not None else name[2]).decode().replace('\\"', '"').replace('\\\\', '\\')
        client.select('"%s"' % name.replace('\\', '\\\\').replace('"', '\\"'), readonly=True)
        uidvalidity = int(client.response('UIDVALIDITY')[1][0])
        items = 'UID FLAGS RFC822.SIZE INTERNALDATE' + (' MODSEQ' if with_modseq else '')
        rows = [row for row in client.uid('FETCH', '1:*', '(%s)' % items)[1] if row]
        boxes[name] = uidvalidity, dict(map(row_of, rows))
    return boxes


def row_of(line):
    def number(name):
        found = re.search(rb'\b%s \(?(\d+)' % name, line)
        return int(found[1]) if found else None
    flags = re.search(rb'FLAGS \(([^)]*)\)', line)[1].decode().split()
    date, sign, hours, minutes = re.search(rb'INTERNALDATE "([^"+-]*-[^"+-]*-[^"+-]*) ([+-])(\d\d)(\d\d)"', line).groups()
    zone = (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == b'-' else 1)
    when = calendar.timegm(time.strptime(date.decode().strip(), '%d-%b-%Y %H:%M:%S')) - zone
    return number(b'UID'), (frozenset(flags) - {'\\Recent'}, number(b'RFC822.SIZE'), when, number(b'MODSEQ'))


def differences(log, server):
    """One line for each thing in which what the log says (seen) is not what the server said (told)."""
    for name in sorted(set(log) | set(server)):
        if name not in log or name not in server:
            yield 'mailbox %s is only in the %s' % (name, 'log' if name in log else 'server')
            continue
        (valid, mine), (other_valid, theirs) = log[name], server[name]
        if valid != other_valid:
            yield 'mailbox %s: UIDVALIDITY %d in the log, %d in the server' % (name, valid, other_valid)
        for uid in sorted(set(mine) | set(theirs)):
            a, b = mine.get(uid), theirs.get(uid)
            if a is None or b is None or a[:3] != b[:3] or b[3] not in (None, a[3]):
                yield 'mailbox %s, UID %d: %s in the log, %s in the server' % (name, uid, a, b)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('log')
    parser.add_argument('--account', type=int)
    parser.add_argument('--mailbox')
    parser.add_argument('--uid', type=int)
    parser.add_argument('--kept', action='store_true')
    parser.add_argument('--devices', action='store_true')
    args = parser.parse_args()
    store = Store(args.log)
    for id, account in sorted(store.accounts.items()):
        for box in sorted(account.mailboxes.values(), key=lambda box: box.name):
            if args.account not in (None, id) or args.mailbox not in (None, box.name):
                continue
            if args.uid is not None:
                sys.stdout.buffer.write(store.bytes_of(box.messages[args.uid]))
                continue
            print('account %d  %s  UIDVALIDITY %d  UIDNEXT %d  HIGHESTMODSEQ %d' % (id, box.name, box.uidvalidity, box.next, box.highest))
            for m in sorted(box.messages.values(), key=lambda m: m.uid):
                date = time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(m.date))
                print('  %8d %10d octets  %s  modseq %d  %s' % (m.uid, m.size, date, m.modseq, ' '.join(sorted(box.flag_names(m)))))
        for (number, id_), m in sorted(account.kept.items()) if args.kept else ():
            print('account %d  kept: message %d of %d octets, expunged by change %d' % (id, id_, m.size, number))
        for name, device in sorted(account.devices.items()) if args.devices else ():
            uids = {uid for box in account.mailboxes.values() if box.name == 'INBOX' for uid in box.messages}
            downloaded, deleted = ({uid for uid in uids if device.mark(which, uid)} for which in (1, 2))
            print('account %d  device "%s"  seen %d  policy %d %d  downloaded %d  deleted %d' % (
                id, name, device.seen, *device.policy, len(downloaded), len(deleted)))
    for position in store.rot:
        print('rot: segment %d, offset %d' % position, file=sys.stderr)
    return 1 if store.rot else 0


if __name__ == '__main__':
    sys.exit(main())
