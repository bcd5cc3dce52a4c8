"""A mailbox as IMAP shows it: each message's size, ENVELOPE, BODYSTRUCTURE and all its sections, parsed into lists of octets and None."""
import re
import socket

TOKEN = re.compile(rb'\(|\)|"(?:[^"\\]|\\.)*"|\{(\d+)\}|[^\s()"{]+')


class Imap:
    def __init__(self, port, user, password):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=120)
        self.file = self.socket.makefile('rb')
        self.number = 0
        self.file.readline()
        assert self.command('LOGIN "%s" "%s"' % (user, password))[0].startswith(b'OK')

    def line(self):
        """A line with its literals: [octets, literal, octets, ...]"""
        pieces = []
        while True:
            text = self.file.readline()
            assert text, 'the server closed the connection'
            text = text.removesuffix(b'\r\n')
            pieces.append(text)
            literal = re.search(rb'\{(\d+)\}$', text)
            if not literal:
                return pieces
            pieces.append(self.file.read(int(literal[1])))

    def command(self, text, literal=None):
        """(tagged answer, [untagged line])"""
        self.number += 1
        tag = b'a%d' % self.number
        self.socket.sendall(tag + b' ' + text.encode() + (b' {%d}' % len(literal) if literal is not None else b'') + b'\r\n')
        untagged = []
        while True:
            pieces = self.line()
            if pieces[0].startswith(b'+') and literal is not None:
                self.socket.sendall(literal + b'\r\n')
            elif pieces[0].startswith(tag + b' '):
                return pieces[0][len(tag) + 1:], untagged
            else:
                untagged.append(pieces)

    def fetch(self, number, items):
        """{item: value}"""
        said, lines = self.command('FETCH %d (%s)' % (number, items))
        assert said.startswith(b'OK'), (items, said)
        found = {}
        for pieces in lines:
            if b' FETCH (' in pieces[0] and int(pieces[0].split()[1]) == number:
                values = iter(parsed(pieces)[2:][1])
                for name in values:
                    found[name.decode('latin1').upper()] = next(values)
        return found


def parsed(pieces):
    """Nested lists; strings and literals are octets, NIL is None."""
    top = []
    stack = [top]
    literals = iter(pieces[1::2])
    for text in pieces[0::2]:
        position = 0
        while True:
            section = re.compile(rb'\s*(BODY\[[^\]]*\](?:<\d+>)?)').match(text, position)
            token = section or TOKEN.search(text, position)
            if not token:
                break
            position = token.end()
            word = token[1] if section else token[0]
            if word == b'(' and not section:
                stack.append([])
                stack[-2].append(stack[-1])
            elif word == b')' and not section:
                stack.pop()
            elif word.startswith(b'"'):
                stack[-1].append(re.sub(rb'\\(.)', rb'\1', word[1:-1], flags=re.S))
            elif word.startswith(b'{') and not section:
                stack[-1].append(next(literals))
            else:
                stack[-1].append(None if word == b'NIL' else word)
    return top


def sections(structure, path=()):
    """[(path, kind)]: kind multipart, message or leaf. A message that is no multipart is section 1."""
    if not path and not isinstance(structure[0], list):
        return sections(structure, (1,))
    found = []
    if isinstance(structure[0], list):
        if path:
            found.append((path, 'multipart'))
        for n, child in enumerate([c for c in structure if isinstance(c, list)][:leading(structure)], 1):
            found += sections(child, (*path, n))
        return found
    if (structure[0] or b'').upper() == b'MESSAGE' and (structure[1] or b'').upper() in (b'RFC822', b'GLOBAL') and len(structure) > 8 and isinstance(structure[8], list):
        found.append((path, 'message'))
        inner = structure[8]
        return found + (sections(inner, path) if isinstance(inner[0], list) else sections(inner, (*path, 1)))[isinstance(inner[0], list):]
    return [(path, 'leaf')]


def leading(structure):
    """How many parts stand before the subtype."""
    return next((n for n, item in enumerate(structure) if not isinstance(item, list)), len(structure))


def look(imap, number):
    """What the server says of a message: {'size': ..., 'envelope': ..., 'structure': ..., 'section 1': ...}"""
    first = imap.fetch(number, 'RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY')
    structure = first['BODYSTRUCTURE']
    names = ['HEADER', 'TEXT']
    for path, kind in sections(structure)[:60]:
        dotted = '.'.join(map(str, path))
        names += [dotted, dotted + '.MIME']
        if kind == 'message':
            names += [dotted + '.HEADER', dotted + '.TEXT']
    found = {'size': first['RFC822.SIZE'], 'envelope': first['ENVELOPE'], 'structure': structure, 'body': first['BODY']}
    got = imap.fetch(number, ' '.join('BODY.PEEK[%s]' % n for n in names))
    for name in names:
        found['section ' + name] = got.get('BODY[%s]' % name)
    return found
