#!/usr/bin/env python3
"""Seeds and dictionaries for the fuzzers, from what the repository knows already: what clients say in transcripts, and the words of the tables.

    scripts/fuzz_seeds.py DIRECTORY      DIRECTORY/NAME/* and DIRECTORY/NAME.dict for the fuzzer NAME_fuzz"""
import re
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FRAMED = {'imap_door': 'imap', 'imap_session': 'imap', 'pop3_door': 'pop3', 'pop3_session': 'pop3', 'lmtp_door': 'lmtp'}
PLAIN = {'wire': 'imap', 'command': 'pop3', 'unstuff': 'lmtp', 'compression': 'imap', 'list_match': 'imap', 'search_parse': 'imap',
         'fetch_items': 'imap'}
TABLES = {'imap': ['imap/verbs.def', 'imap/capabilities.def', 'imap/verb/fetch_items.def', 'imap/verb/search_keys.def'], 'pop3': ['pop3/verbs.def'],
          'lmtp': ['lmtp/verbs.def']}
MORE = {'imap': [r'\\Seen', r'\\Deleted', '1:*', '$', '{3+}', '~{3}', 'INBOX', 'BODY.PEEK[', 'HEADER.FIELDS (', 'CHARSET UTF-8', 'NIL', 'RETURN (', 'DONE', '(((', '*%',
                 '&2D-', '4294967295', '18446744073709551615', '01-Jan-2026', 'LIST "" '],
        'pop3': ['AUTH PLAIN', '4294967295', 'USER amal', '-1'], 'lmtp': ['MAIL FROM:<', 'RCPT TO:<', 'BDAT 10 LAST', 'SIZE=', 'BODY=8BITMIME', '\\x0d\\x0a.\\x0d\\x0a']}


def said(file):
    """What the client sends in a transcript, piece by piece."""
    pieces = []
    for line in file.read_bytes().splitlines():
        found = re.match(rb'(?:\w+)?C(?::|\|) ?(.*)', line)
        if found:
            pieces.append(found[1].replace(b'{}', b'{10+}') + b'\r\n')
    return pieces


def framed(pieces):
    out = bytearray([2])  # an answer of auth; passwords are welcome
    for piece in pieces:
        for at in range(0, len(piece), 255):
            part = piece[at:at + 255]
            out += bytes([len(part)]) + part
    return bytes(out)


def words(protocol):
    found = set(MORE[protocol])
    for table in TABLES[protocol]:
        text = (ROOT / 'src' / table).read_text()
        found |= set(re.findall(r'^[A-Z_]+\((?:[A-Za-z_0-9]+, *)?"?([A-Z][A-Z0-9.=_-]+)', text, re.M))
    return sorted(found)


def main(out):
    for name, protocol in {**FRAMED, **PLAIN}.items():
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted((ROOT / 'tests' / protocol).glob('*.t')):
            pieces = said(file)
            raw = framed(pieces)[1 if name.endswith('session') else 0:] if name in FRAMED else b''.join(pieces)
            if name == 'compression':
                packer = zlib.compressobj(9, zlib.DEFLATED, -15)
                raw = packer.compress(raw) + packer.flush(zlib.Z_SYNC_FLUSH)
            if raw:
                (folder / file.stem).write_bytes(raw)
        (out / (name + '.dict')).write_text(''.join('"%s"\n' % w.replace('"', '\\"') for w in words(protocol)))


if __name__ == '__main__':
    main(Path(sys.argv[1]))
