#!/usr/bin/python3
"""Fails when doc/rfc-map.md names a test that is not there, leaves out a section that asks something of a server, has a
sentence with neither test nor reason, or counts wrongly.

    tests/rfc_map.py [--count]      --count: what the line of counts should be

It knows nothing of what a transcript tests: whoever names one has read it."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAP = ROOT / 'doc' / 'rfc-map.md'
# The sections of RFC 3501 that have a MUST or SHOULD for a server.
SECTIONS = ('2.2.2 2.3.1.1 2.3.1.2 2.3.2 2.3.3 3 3.4 4.3 5.1 5.1.1 5.1.3 5.2 5.3 5.4 5.5 6.1.1 6.1.3 6.2.2 6.2.3 6.3.1 6.3.2 '
            '6.3.3 6.3.4 6.3.5 6.3.6 6.3.8 6.3.9 6.3.10 6.3.11 6.4.4 6.4.5 6.4.6 6.4.7 6.4.8 6.5.1 7 7.1 7.2.1 7.2.2 7.4.1 '
            '7.4.2 9 11.1 11.2').split()
HEADINGS = {2: re.compile(r'^## RFC (\d+)'), 3: re.compile(r'^### §([\d.]+) ')}


def rows(text):
    """(RFC, section, cells) of each sentence."""
    rfc = section = None
    for line in text.splitlines():
        if m := HEADINGS[2].match(line):
            rfc, section = m[1], None
        elif m := HEADINGS[3].match(line):
            section = m[1]
        elif line.startswith('|') and rfc and not re.match(r'\|(-|\s*sentence)', line):
            yield rfc, section, [cell.strip() for cell in line.strip().strip('|').split(' | ')]


def is_there(name):
    if re.search(r'\.(c|py)$', name):
        return (ROOT / name).is_file()
    folder = '' if '/' in name else 'imap/'
    return (ROOT / 'tests' / (folder + name + '.t')).is_file()


def look(text):
    problems, sentences, tested, named, seen = [], 0, 0, set(), set()
    for rfc, section, cells in rows(text):
        where = 'RFC %s §%s: %s' % (rfc, section, cells[0])
        sentences += 1
        seen.add((rfc, section))
        if len(cells) not in (2, 3):
            problems.append('%s: %d columns' % (where, len(cells)))
            continue
        tests = re.findall(r'`([^`]+)`', cells[1])
        tested += bool(tests)
        named.update(tests)
        problems += ['%s: there is no test %s' % (where, name) for name in tests if not is_there(name)]
        if not tests and not (cells[2:] and cells[2].strip('| ')):
            problems.append('%s: neither a test nor a reason' % where)
    problems += ['RFC 3501 §%s is missing' % s for s in SECTIONS if ('3501', s) not in seen]
    count = '%d sentences: %d with a test, %d with a reason only; %d tests are named.' % (
        sentences, tested, sentences - tested, len(named))
    return problems, count


def main(argv):
    text = MAP.read_text(encoding='utf-8')
    problems, count = look(text)
    if '--count' in argv:
        print(count)
    elif count not in text.splitlines():
        problems.append('the line of counts should be: %s' % count)
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
