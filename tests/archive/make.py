#!/usr/bin/python3
"""Makes a mail archive: 200 varied messages, the same at each run, as Maildir and as mbox.

    tests/archive/make.py DIRECTORY        writes DIRECTORY/Maildir, DIRECTORY/mbox and DIRECTORY/index.json

Messages stand in files with LF; what a message is on the wire has CRLF in place of each LF that has no CR yet. Those
that cannot be written into an mbox and read back as they were (an empty one, say) are in the Maildir only."""
import argparse
import json
import os
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from messages import messages  # noqa: E402

MAILDIR_LETTERS = {'\\Draft': 'D', '\\Flagged': 'F', '\\Answered': 'R', '\\Seen': 'S', '\\Deleted': 'T'}
STATUS_LETTERS = {'\\Answered': 'A', '\\Flagged': 'F', '\\Draft': 'T'}


def write_maildir(root, mails):
    for part in ('cur', 'new', 'tmp'):
        (root / part).mkdir(parents=True, exist_ok=True)
    for number, mail in enumerate(mails):
        letters = ''.join(sorted(MAILDIR_LETTERS[f] for f in mail.flags))
        file = root / 'cur' / ('%d.M%dP1.archive,S=%d:2,%s' % (mail.date, number, len(mail.data), letters))
        file.write_bytes(mail.data)
        os.utime(file, (mail.date, mail.date))


def fits_mbox(mail):
    """Whether an mbox gives it back as it is: it has a header for the status fields to go into, and ends in a line
    end. Its own status fields would be taken for flags."""
    return mail.data.endswith(b'\n') and not re.search(rb'(?mi)^(x-)?status:|^content-length:', mail.data) and \
        mail.data[:1] not in b' \t\n' and not mail.data.startswith(b'--')


def mbox_text(mail):
    letters = ''.join(STATUS_LETTERS.get(f, '') for f in mail.flags)
    stamp = time.strftime('%a %b %e %H:%M:%S %Y', time.gmtime(mail.date))
    own = 'Status: %sO\nX-Status: %s\n' % ('R' if '\\Seen' in mail.flags else '', letters)
    return ('From sender@example.net %s\n' % stamp).encode() + own.encode() + \
        re.sub(rb'(?m)^(>*From )', rb'>\1', mail.data) + b'\n'


def write_mbox(file, mails):
    file.write_bytes(b''.join(mbox_text(m) for m in mails if fits_mbox(m)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('directory', type=Path)
    root = parser.parse_args().directory
    mails = messages()
    write_maildir(root / 'Maildir', mails)
    write_mbox(root / 'mbox', mails)
    index = [{'name': m.name, 'date': m.date, 'flags': m.flags, 'size': len(m.wire)} for m in mails]
    (root / 'index.json').write_text(json.dumps(index, indent=1))
    print('%d messages in %s' % (len(mails), root))


if __name__ == '__main__':
    main()
