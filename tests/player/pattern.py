"""The matching language of `S:` lines. One byte is one character here (latin-1), so nothing is ever decoded.

Text stands for itself, except:
  ...            any text
  ${name}        the value of `name`; where it has none yet, captures an atom
  ${name:kind}   captures a kind: number, atom, quoted, text
  ${name+1}      a captured number and something more (or less)
  ${|A|B}        A or B (either may be empty)
  ${x*70}        x, seventy times
  ${@17-Jul-1996 02:44:25 -0700}   a quoted date-time of the same instant, in whatever zone
  ~(a b c)       a parenthesised list in any order; with `, ` in it, the items are what stands between the commas;
                 `...` = and anything else; `?item` = may be missing
  ~<a b c>       the same without parentheses
  "abc"          (IMAP) the string abc in any form: quoted, literal or, where the grammar has one, atom
  \\x0d           one byte
"""
import datetime
import re

KINDS = {
    'number': re.compile(r'\d+'),
    'atom': re.compile(r'[^\s()\[\]{}"<>]+'),
    'quoted': re.compile(r'"(?:[^"\\\r\n]|\\.)*"'),
}
LITERAL = re.compile(r'\{(\d+)\}\r\n')
ATOM = re.compile(r'[^\s()\[\]{}"\\*%]+')
VARIABLE = re.compile(r'([A-Za-z][A-Za-z0-9_]*)(?::(number|atom|quoted|text)|([+-]\d+))?$')
LITERAL_BEGIN, LITERAL_END = '\x01', '\x02'
REPEAT = re.compile(r'(.+)\*(\d+)$', re.S)


class PatternError(Exception):
    pass


def latin(text):
    return text.encode('utf-8').decode('latin-1')


class Lit:
    def __init__(self, text):
        self.text = text

    def match(self, text, pos, env):
        if text.startswith(self.text, pos):
            yield pos + len(self.text), env


class Any:
    def match(self, text, pos, env):
        for end in range(pos, len(text) + 1):
            yield end, env


class Var:
    def __init__(self, name, kind, plus):
        self.name, self.kind, self.plus = name, kind, plus

    def match(self, text, pos, env):
        if self.name in env:
            want = value_of(env, self.name, self.plus)
            if text.startswith(want, pos):
                yield pos + len(want), env
            return
        if self.plus:
            raise PatternError('${%s%+d}: nothing captured yet' % (self.name, self.plus))
        if self.kind == 'text':
            for end in range(pos, len(text) + 1):
                yield end, {**env, self.name: text[pos:end]}
            return
        found = KINDS[self.kind or 'atom'].match(text, pos)
        if found:
            yield found.end(), {**env, self.name: found.group()}


class Instant:
    def __init__(self, text):
        self.when = instant(text)

    def match(self, text, pos, env):
        found = KINDS['quoted'].match(text, pos)
        if found and instant(found.group()[1:-1]) == self.when:
            yield found.end(), env


def instant(text):
    try:
        return datetime.datetime.strptime(text.strip(), '%d-%b-%Y %H:%M:%S %z')
    except ValueError:
        return None


class Alt:
    def __init__(self, branches):
        self.branches = branches

    def match(self, text, pos, env):
        for branch in self.branches:
            yield from sequence(branch, 0, text, pos, env)


class String:
    """An IMAP string whose content, decoded, is the pattern."""

    def __init__(self, content):
        self.content = content

    def match(self, text, pos, env):
        found = read_string(text, pos)
        if found is None:
            return
        content, end = found
        for stop, after in sequence(self.content, 0, content, 0, env):
            if stop == len(content):
                yield end, after
                return


class Unordered:
    def __init__(self, items, optional, rest, opening, closing):
        self.items, self.optional, self.rest = items, optional, rest
        self.opening, self.closing = opening, closing

    def match(self, text, pos, env):
        if not text.startswith(self.opening, pos):
            return
        left = frozenset(range(len(self.items)))
        yield from self.step(left, text, pos + len(self.opening), env, True)

    def step(self, left, text, pos, env, first):
        if all(i in self.optional for i in left) and text.startswith(self.closing, pos):
            yield pos + len(self.closing), env
        if not first:
            if not text.startswith(' ', pos):
                return
            pos += 1
        for i in sorted(left):
            for end, after in sequence(self.items[i], 0, text, pos, env):
                if end > pos and (end == len(text) or text[end] in ' )]'):
                    yield from self.step(left - {i}, text, end, after, False)
        if self.rest:
            end = token_end(text, pos)
            if end > pos:
                yield from self.step(left, text, end, env, False)


def value_of(env, name, plus):
    value = env[name]
    return str(int(value) + plus) if plus else value


def read_string(text, pos):
    """The string at pos: (content, end), or None."""
    found = LITERAL.match(text, pos)
    if found:
        end = found.end() + int(found.group(1))
        return (text[found.end():end], end) if end <= len(text) else None
    found = KINDS['quoted'].match(text, pos)
    if found:
        return re.sub(r'\\(.)', r'\1', found.group()[1:-1]), found.end()
    found = ATOM.match(text, pos)
    return (found.group(), found.end()) if found and found.group() != 'NIL' else None


def token_end(text, pos):
    """The end of one balanced token of IMAP data."""
    depth = 0
    while pos < len(text):
        found = LITERAL.match(text, pos)
        if found:
            pos = found.end() + int(found.group(1))
            continue
        found = KINDS['quoted'].match(text, pos)
        if found:
            pos = found.end()
            continue
        char = text[pos]
        if depth == 0 and char in ' )]':
            return pos
        depth += (char in '([') - (char in ')]')
        pos += 1
    return pos


def sequence(nodes, i, text, pos, env):
    if i == len(nodes):
        yield pos, env
        return
    if isinstance(nodes[i], Any) and i + 1 == len(nodes):
        yield len(text), env
    for end, after in nodes[i].match(text, pos, env):
        yield from sequence(nodes, i + 1, text, end, after)


def match(nodes, text, env):
    """The variables after a match of the whole text, or None."""
    for end, after in sequence(nodes, 0, text, 0, env):
        if end == len(text):
            return after
    return None


def closing(text, pos, opening, close):
    """Where the bracket that is open at pos is closed; in lists, quoted strings are passed over."""
    depth = 1
    while pos < len(text):
        if text[pos] == '"' and opening in '(<':
            pos = quoted_end(text, pos + 1)
        depth += (text[pos] == opening) - (text[pos] == close)
        if depth == 0:
            return pos
        pos += 1
    raise PatternError('no closing ' + close)


def top_level(text):
    """The positions of a list's own characters: those in no brackets and no quotes."""
    depth, i = 0, 0
    while i < len(text):
        if text[i] == '"':
            i = quoted_end(text, i + 1)
        depth += (text[i] in '(<{[') - (text[i] in ')>}]')
        if depth == 0:
            yield i
        i += 1


def split_items(text):
    own = list(top_level(text))
    separator = ', ' if any(text.startswith(', ', i) for i in own) else ' '
    parts, start = [], 0
    for i in own:
        if text.startswith(separator, i):
            parts.append(text[start:i])
            start = i + len(separator)
    return [p for p in parts + [text[start:]] if p]


def unordered(text, strings, opening, close):
    items, optional, rest = [], set(), False
    for item in split_items(text):
        if item == '...':
            rest = True
            continue
        if item.startswith('?'):
            optional.add(len(items))
            item = item[1:]
        items.append(compile_text(item, strings))
    return Unordered(items, optional, rest, opening, close)


def dollar(inner, strings):
    if inner.startswith('|'):
        return Alt([compile_text(b, strings) for b in inner[1:].split('|')])
    if inner.startswith('@') and instant(inner[1:]):
        return Instant(inner[1:])
    found = VARIABLE.match(inner)
    if found:
        return Var(found.group(1), found.group(2), int(found.group(3) or 0))
    found = REPEAT.match(inner)
    if found:
        return Lit(expand(found.group(1), {}) * int(found.group(2)))
    raise PatternError('what is ${%s}?' % inner)


def quoted_end(text, pos):
    while pos < len(text) and text[pos] != '"':
        pos += 2 if text[pos] == '\\' and text[pos + 1:pos + 2] in ('"', '\\') else 1
    if pos >= len(text):
        raise PatternError('no closing "')
    return pos


def literal_mark(text, exact):
    """The block of an `S|` or `S<` as a part of the line's pattern, in a form that nothing else looks into."""
    return LITERAL_BEGIN + ('=' if exact else '~') + text.encode('latin-1').hex() + LITERAL_END


def literal_nodes(mark):
    text = bytes.fromhex(mark[1:]).decode('latin-1')
    return exactly(text) if mark[0] == '=' else compile_text(text, False, False)


def exactly(text):
    return [Lit(text)] if text else []


def special(text, i, strings, lists):
    """The node that begins at i and where it ends, or None for plain text."""
    if text.startswith('${', i):
        end = closing(text, i + 2, '{', '}')
        return dollar(text[i + 2:end], strings), end + 1
    if text.startswith('...', i):
        return Any(), i + 3
    if text.startswith('\\x', i):
        return Lit(chr(int(text[i + 2:i + 4], 16))), i + 4
    if text[i] == LITERAL_BEGIN:
        end = text.index(LITERAL_END, i)
        return String(literal_nodes(text[i + 1:end])), end + 1
    if lists and text.startswith('~(', i):
        end = closing(text, i + 2, '(', ')')
        return unordered(text[i + 2:end], strings, '(', ')'), end + 1
    if lists and text.startswith('~<', i):
        end = closing(text, i + 2, '<', '>')
        return unordered(text[i + 2:end], strings, '', ''), end + 1
    if strings and text[i] == '"':
        end = quoted_end(text, i + 1)
        content = re.sub(r'\\(["\\])', r'\1', text[i + 1:end])
        return String(compile_text(content, False, False)), end + 1
    return None


def compile_text(text, strings, lists=True):
    """`strings`: "abc" stands for an IMAP string in any form."""
    nodes, plain, i = [], '', 0
    while i < len(text):
        found = special(text, i, strings, lists)
        if found is None:
            plain += text[i]
            i += 1
            continue
        if plain:
            nodes.append(Lit(plain))
            plain = ''
        nodes.append(found[0])
        i = found[1]
    if plain:
        nodes.append(Lit(plain))
    return nodes


def expand(text, env):
    """A `C:` line with its variables and bytes put in."""
    out, i = [], 0
    while i < len(text):
        if text.startswith('\\x', i):
            out.append(chr(int(text[i + 2:i + 4], 16)))
            i += 4
        elif text.startswith('${', i):
            end = closing(text, i + 2, '{', '}')
            out.append(expand_variable(text[i + 2:end], env))
            i = end + 1
        else:
            out.append(text[i])
            i += 1
    return ''.join(out)


def expand_variable(inner, env):
    found = VARIABLE.match(inner)
    if found and not found.group(2):
        if found.group(1) not in env:
            raise PatternError('${%s} has no value' % found.group(1))
        return value_of(env, found.group(1), int(found.group(3) or 0))
    found = REPEAT.match(inner)
    if found:
        return expand(found.group(1), env) * int(found.group(2))
    raise PatternError('what is ${%s}?' % inner)
