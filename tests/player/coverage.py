#!/usr/bin/python3
"""Fails when a verb of src/*/verbs.def, a search key or an item of FETCH is sent by no transcript.

    tests/player/coverage.py [ROOT]

What POP3 says to people must have its row in src/pop3/texts.def.

UID forms (a row with UID_FORM) need a transcript of their own, and so do the rows' errors: some transcript must
see BAD or NO (IMAP), -ERR (POP3), 4xx or 5xx (LMTP) in answer to the verb, unless no answer of it can fail."""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from transcript import load  # noqa: E402

COMMENT = re.compile(r'/\*.*?\*/', re.S)
ROW = re.compile(r'^\s*VERB\(\s*(\w+)\s*,(.*)\)', re.M)
# Tables of words that are arguments: file, rows, and the verb that has them
WORDS = (('search_keys.def', re.compile(r'^SEARCH_KEY\(\s*"?([\w.]+)', re.M), 'SEARCH'),
         ('fetch_items.def', re.compile(r'^FETCH_(?:ITEM|MACRO)\(\s*"?([\w.]+)', re.M), 'FETCH'))
# POP3's NOOP and RSET, and the like: they have no arguments and cannot fail.
NEVER_FAIL = {'imap': {'NOOP', 'CHECK', 'CLOSE', 'UNSELECT', 'LOGOUT', 'IDLE', 'ID', 'ENABLE', 'NAMESPACE',
                       'CAPABILITY'},
              'pop3': {'NOOP', 'RSET', 'QUIT', 'CAPA', 'STAT'},
              'lmtp': {'NOOP', 'RSET', 'QUIT', 'VRFY'}}
REFUSED = {'imap': re.compile(r'\S+ (?:\$\{\|[^}]*)?(?:BAD|NO)\b'), 'pop3': re.compile(r'(?:\$\{\|)?-ERR'),
           'lmtp': re.compile(r'(?:\$\{\|)?[45]\d')}


def rows(path):
    """The words of the table, UID forms as `UID word`."""
    out = []
    for word, rest in ROW.findall(COMMENT.sub('', path.read_text(encoding='utf-8'))):
        out.append(word)
        if 'UID_FORM' in rest:
            out.append('UID ' + word)
    return list(dict.fromkeys(out))


def word_of(room, text):
    words = text.strip().upper().split()
    if room == 'imap':
        words = words[1:]
        return ' '.join(words[:2]) if words[:1] == ['UID'] else ' '.join(words[:1])
    return words[0] if words else ''


def sent_and_refused(room, folder):
    """The verbs that transcripts send, and those of them that see a refusal before the next command."""
    sent, refused = set(), set()
    for path in sorted(folder.glob('*.t')):
        transcript, last = load(path), set()
        for step in transcript.steps:
            if not (transcript.connection(step.conn)[0] or '').startswith(room):
                continue
            if step.kind == 'send':
                word = word_of(room, step.text)
                last.add(word)
                sent.add(word)
            elif step.kind == 'expect':
                if REFUSED[room].match(step.source):
                    refused |= last
                if room != 'imap' or not step.source.startswith(('*', '+')):
                    last = set()
    return sent, refused


def missing_words(root):
    """Search keys and items of FETCH that no command of the transcripts has."""
    commands = [step.text.upper() for path in sorted((root / 'tests' / 'imap').glob('*.t'))
                for step in load(path).steps if step.kind == 'send']
    out = []
    for name, row, verb in WORDS:
        table = root / 'src' / 'imap' / 'verb' / name
        if not table.exists():
            continue
        words = set()
        for command in commands:
            if ' %s ' % verb in command:
                words |= set(re.findall(r'[A-Z][A-Z0-9.]*', command.partition(' %s ' % verb)[2]))
        table_words = dict.fromkeys(row.findall(COMMENT.sub('', table.read_text(encoding='utf-8'))))
        out += ['imap: no transcript has %s %s' % (verb, w) for w in table_words if w not in words]
    return out


# Who says something to a POP3 client, and where: its own room, what auth refuses with, what front and mail add.
SAYS = (('src/pop3/*/*.c', r'\b(?:pop3_say_ok|pop3_door_ok|pop3_door_err|pop3_say_err|pop3_ok|pop3_ok_numbers|pop3_err|bad_command|why)'),
        ('src/prog/auth/login.c', r'\b(?:fail_now|fail_later)'),
        ('src/prog/front/*.c', r'->auth_done'),
        ('src/prog/mail/*.c', r'\b(?:refuse|sessions_stop)'))
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')


def missing_texts(root):
    """What POP3 says, and no row of its table of texts has."""
    table = (root / 'src' / 'pop3' / 'texts.def').read_text(encoding='utf-8')
    rows = set(re.findall(r'^TEXT\("((?:[^"\\]|\\.)*)"', table, re.M))
    out = []
    for pattern, call in SAYS:
        for path in sorted(p for p in root.glob(pattern) if not p.name.endswith('_test.c')):
            text = re.sub(r'"\s*\n\s*"', '', COMMENT.sub('', path.read_text(encoding='utf-8')))
            for arguments in re.findall(call + r'\((.*?)\);', text, re.S):
                # of a refusal by auth the second text is for the log
                said = LITERAL.findall(arguments)[:1 if 'auth' in pattern else None]
                out += ['pop3: no row of texts.def has "%s" (%s)' % (t, path.name) for t in said
                        if t not in rows and re.match('[A-Za-z].* ', t)]
    return list(dict.fromkeys(out))


def main(argv):
    root = Path(argv[0]) if argv else HERE.parent.parent
    missing = []
    for room in ('imap', 'pop3', 'lmtp'):
        table = root / 'src' / room / 'verbs.def'
        if not table.exists():
            missing.append('%s: no %s' % (room, table))
            continue
        verbs = rows(table)
        if not verbs:
            missing.append('%s: no VERB row in %s' % (room, table))
        sent, refused = sent_and_refused(room, root / 'tests' / room)
        missing += ['%s: no transcript sends %s' % (room, v) for v in verbs if v not in sent]
        missing += ['%s: no transcript has %s refused' % (room, v) for v in verbs
                    if v in sent and v not in refused and v not in NEVER_FAIL[room]]
    missing += missing_words(root)
    missing += missing_texts(root)
    for line in missing:
        print(line)
    print('coverage: %s' % ('%d missing' % len(missing) if missing else 'every verb has its transcripts'))
    return 1 if missing else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
