#!/usr/bin/python3
"""Compares what Barid says of each message of the corpus with a stock Dovecot, a stock Cyrus (--cyrus) and Python's email package: ENVELOPE,
BODYSTRUCTURE, BODY, sizes and all sections. Each difference has a line with its reason in differences.txt; one without fails, and so does a line that
nothing needs any more. The last line is "N passed, N failed".

    tests/mime/compare.py -v            says both sides of each difference that is not listed
"""
import argparse
import fnmatch
import os
import re
import sys
from email import message_from_bytes
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'player')]
import servers  # noqa: E402
from answers import Imap, look  # noqa: E402
from corpus import corpus  # noqa: E402

ENVELOPE = ('date', 'subject', 'from', 'sender', 'reply-to', 'to', 'cc', 'bcc', 'in-reply-to', 'message-id')
LEAF = ('type', 'subtype', 'parameters', 'id', 'description', 'encoding', 'octets')


def read(server, messages, user):
    """{name: what it says}; a message that it refuses has the answer instead."""
    imap = Imap(server.ports['imap'], user, servers.PASSWORD)
    imap.command('CREATE corpus')
    found, kept = {}, []
    for name, raw in messages:
        said = imap.command('APPEND corpus', raw)[0]
        if said.startswith(b'OK'):
            kept.append(name)
        else:
            found[name] = said.decode('latin1')
    assert imap.command('SELECT corpus')[0].startswith(b'OK')
    for number, name in enumerate(kept, 1):
        found[name] = look(imap, number)
    return found


def differences(ours, theirs):
    """{what: (ours, theirs)}"""
    found = {}

    def differ(what, a, b):
        if a != b:
            found.setdefault(what, (a, b))

    differ('size', ours['size'], theirs['size'])
    for name, a, b in zip(ENVELOPE, ours['envelope'], theirs['envelope']):
        differ('envelope ' + name, a, b)
    compare_structure(differ, ours['structure'], theirs['structure'])
    for name in ours:
        if name.startswith('section') and name in theirs:
            kind = name.split('.')[-1]
            differ('section %s' % ('n' if kind.split()[-1].isdigit() else kind.split()[-1]), ours[name], theirs[name])
    return found


def upper(value):
    return value.upper() if isinstance(value, bytes) else value


def parameters(value):
    return None if value is None else [upper(v) if n % 2 == 0 else v for n, v in enumerate(value)] if isinstance(value, list) else value


def compare_structure(differ, a, b):
    if isinstance(a[0], list) != isinstance(b[0], list):
        return differ('structure shape', a, b)
    if isinstance(a[0], list):
        parts = [[c for c in s if isinstance(c, list)][:next(n for n, i in enumerate(s) if not isinstance(i, list))] for s in (a, b)]
        if len(parts[0]) != len(parts[1]):
            return differ('structure parts', a, b)
        for x, y in zip(*parts):
            compare_structure(differ, x, y)
        rest = [s[len(parts[0]):] for s in (a, b)]
        differ('structure subtype', upper(rest[0][0]), upper(rest[1][0]))
        for n, what in enumerate(('parameters', 'disposition', 'language', 'location'), 1):
            x, y = (extension(what, r[n]) if len(r) > n else 'absent' for r in rest)
            differ('structure multipart ' + what, x, y)
        return None
    for n, what in enumerate(LEAF):
        x, y = (s[n] for s in (a, b))
        differ('structure ' + what, *((parameters(x), parameters(y)) if what == 'parameters' else (upper(x), upper(y)) if n in (0, 1, 5) else (x, y)))
    rests = [s[7:] for s in (a, b)]
    if upper(a[0]) == upper(b[0]) == b'TEXT':
        differ('structure lines', rests[0][0], rests[1][0])
        rests = [r[1:] for r in rests]
    elif upper(a[0]) == upper(b[0]) == b'MESSAGE' and upper(a[1]) == upper(b[1]) and [len(r) > 2 and isinstance(r[1], list) for r in rests] == [True, True]:
        for name, x, y in zip(ENVELOPE, rests[0][0], rests[1][0]):
            differ('envelope ' + name, x, y)
        compare_structure(differ, rests[0][1], rests[1][1])
        differ('structure lines', rests[0][2], rests[1][2])
        rests = [r[3:] for r in rests]
    elif upper(a[0]) != upper(b[0]) or upper(a[1]) != upper(b[1]):
        return None
    for n, what in enumerate(('md5', 'disposition', 'language', 'location')):
        x, y = (extension(what, r[n]) if len(r) > n else 'absent' for r in rests)
        differ('structure ' + what, x, y)
    return None


def extension(what, value):
    if what == 'parameters':
        return parameters(value)
    if what == 'disposition' and isinstance(value, list):
        return [upper(value[0]), parameters(value[1])]
    if what == 'language' and isinstance(value, bytes):
        return [value]
    return value


def python_says(raw):
    """The tree of types and what stands in the leaves."""
    def tree(entity):
        kind = entity.get_content_type()
        if entity.is_multipart():
            return [kind, *[tree(p) for p in entity.get_payload()]]
        # as it came: get_payload would decode it by its charset
        return [kind, (entity._payload or '').encode('ascii', 'surrogateescape')]
    return tree(message_from_bytes(raw))


def like_python(said, raw):
    """The same of what a server said."""
    def tree(structure, path):
        if isinstance(structure[0], list):
            count = next(n for n, i in enumerate(structure) if not isinstance(i, list))
            return [b'multipart/' + structure[count].lower(), *[tree(c, (*path, n)) for n, c in enumerate(structure[:count], 1)]]
        kind = (structure[0] + b'/' + structure[1]).lower()
        here = path or (1,)
        if len(structure) > 8 and kind in (b'message/rfc822', b'message/global') and isinstance(structure[8], list):
            return [kind, tree(structure[8], here if isinstance(structure[8][0], list) else (*here, 1))]
        return [kind, said.get('section ' + '.'.join(map(str, here)))]

    def plain(t):
        return [t[0].decode('latin1'), *[plain(x) if isinstance(x, list) else x for x in t[1:]]]
    return plain(tree(said['structure'], ()))


class Listed:
    """Lines "server | messages | what | reason", with * and ? as in file names."""

    def __init__(self, path):
        self.rows = [[part.strip() for part in line.split('|', 3)] for line in path.read_text().splitlines()
                     if line.strip() and not line.startswith('#')]
        self.used = [0] * len(self.rows)

    def has(self, server, name, what):
        for n, (of, names, whats, _) in enumerate(self.rows):
            if of == server and fnmatch.fnmatchcase(what, whats) and any(fnmatch.fnmatchcase(name, p.strip()) for p in names.split(',')):
                self.used[n] += 1
                return True
        return False


def start(kind):
    if kind == 'cyrus':
        sys.path.insert(0, str(HERE.parents[1] / 'bench'))
        import peers
        server = peers.BenchCyrus()
        server.prepare(1)
        server.run(False)
        return server, 'u0', lambda: peers.tidy(server)
    server = servers.Barid({'message_size_max': '4m'}) if kind == 'barid' else servers.Dovecot()
    server.start(['anna'])

    def end():
        server.stop()
        server.remove()
    return server, server.account('anna').user, end


def main():
    words = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    words.add_argument('--cyrus', action='store_true', help='with Cyrus too')
    words.add_argument('--only', default='*', help='names of messages, with * and ?')
    words.add_argument('-v', action='store_true', dest='talk')
    words.add_argument('--build', default=os.environ.get('BARID_BUILD', 'build'))
    words = words.parse_args()
    os.environ.setdefault('BARID', str(Path(words.build).resolve() / 'barid'))
    messages = [m for m in corpus() if fnmatch.fnmatchcase(m[0], words.only)]
    listed = Listed(HERE / 'differences.txt')
    said = {}
    for kind in ('barid', 'dovecot', *(['cyrus'] if words.cyrus else [])):
        server, user, end = start(kind)
        try:
            said[kind] = read(server, messages, user)
        finally:
            end()
    passed = failed = 0

    def judge(server, name, what, both):
        nonlocal passed, failed
        if listed.has(server, name, what):
            passed += 1
            return
        failed += 1
        print('%s | %s | %s' % (server, name, what))
        if words.talk:
            print('    barid: %.1500r\n    %s: %.1500r' % (both[0], server, both[1]))

    for name, raw in messages:
        ours = said['barid'][name]
        if isinstance(ours, str):
            failed += 1
            print('barid refuses %s: %s' % (name, ours))
            continue
        kept = re.sub(rb'(?<!\r)\n', b'\r\n', raw)  # all that is changed on the way in
        if ours['section HEADER'] + ours['section TEXT'] != kept or int(ours['size']) != len(kept):
            failed += 1
            print('barid changes', name)
        for kind in said:
            if kind == 'barid':
                continue
            if isinstance(said[kind][name], str):
                judge(kind, name, 'refused', (None, said[kind][name]))
                continue
            found = differences(ours, said[kind][name])
            passed += not found
            for what, both in found.items():
                judge(kind, name, what, both)
        a, b = like_python(ours, raw), python_says(raw)
        if a == b:
            passed += 1
        else:
            judge('python', name, 'tree', (a, b))
    if words.only == '*':
        for row, used in zip(listed.rows, listed.used):
            if not used and row[0] in (*said, 'python'):
                failed += 1
                print('no difference any more: %s' % ' | '.join(row))
    print('%d messages' % len(messages))
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
