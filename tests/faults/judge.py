"""Whether an answer that a transcript did not expect is one that a failing disk excuses: src/base/fail.def and DESIGN §2 say which they are. After a
failure the store bears, the session goes on; after one that it cannot know the outcome of, it says BYE and the connection ends."""
import re
import time
from pathlib import Path

from wire import NoLine, WireError

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r'^FAIL\((\w+), *"([^"]*)", *"([^"]*)", *"([^"]*)", *(\d+)', re.M)
# what a failing disk or index comes to
CLASSES = ('QUOTA', 'UNAVAILABLE', 'DISK_FULL', 'IO', 'CORRUPT', 'UNKNOWN', 'MEMORY')
ROWS = [row for row in ROW.findall((ROOT / 'src/base/fail.def').read_text()) if row[0] in CLASSES]
IMAP_NO = re.compile(r'\S+ NO \[(?:%s)' % '|'.join(sorted({row[1] for row in ROWS})))
POP3_ERR = re.compile(r'-ERR \[(?:%s)\]' % '|'.join(sorted({row[3] for row in ROWS if row[3]})))
LMTP_4XX = re.compile(r'(?:%s)[ -]' % '|'.join(sorted({row[4] for row in ROWS})))
GOODBYE = re.compile(r'\* BYE|421[ -]')
ENDING = re.compile(r'(?im)^(?:C: )?(?:PASS|AUTH|QUIT)\b|^\S+ LOGOUT')
SILENCE = 0.3  # seconds after which nothing more is on its way

assert len(ROWS) == len(CLASSES)


def is_imap(protocol):
    return protocol.startswith('imap')


def is_refusal(protocol, line):
    """NO, -ERR or 4xx for a reason that passes."""
    return bool((IMAP_NO if is_imap(protocol) else POP3_ERR if protocol.startswith('pop3') else LMTP_4XX).match(line))


def refused(text):
    """The same of a set-up step's failure, which has the answer in its words."""
    return any(p.match(text.rpartition('was answered ')[2]) for p in (IMAP_NO, POP3_ERR, LMTP_4XX))


class Heard:
    """What came on a connection since the client last spoke, and what still comes."""

    def __init__(self, protocol, wire, got=None):
        self.protocol, self.wire = protocol, wire
        self.lines = self.since_last_word() + ([got] if got else [])
        self.ended = self.cut = False
        self.listen()

    def since_last_word(self):
        out = []
        for line in reversed(self.wire.history):
            if line.startswith('C: '):
                break
            out.append(line)
        return out[::-1]

    def listen(self):
        try:
            while not self.is_decided():
                self.lines.append(self.wire.line(SILENCE))
        except NoLine:
            pass
        except WireError:
            self.ended, self.cut = True, bool(self.wire.buffer)

    def is_decided(self):
        return any(is_refusal(self.protocol, line) for line in self.lines)

    def said_goodbye(self):
        return any(GOODBYE.match(line) for line in self.lines)


def lives_on(heard):
    """After a refusal the session takes commands as before, if it was no login that was refused, and the client had not said goodbye itself."""
    protocol, wire = heard.protocol, heard.wire
    if any(ENDING.search(line) for line in wire.history if line.startswith('C: ')):
        return True
    imap = is_imap(protocol)
    wire.mode = 'whole'
    wire.send(b'still NOOP\r\n' if imap else b'NOOP\r\n')
    wanted = 'still OK' if imap else '+OK' if protocol.startswith('pop3') else '250'
    deadline = time.monotonic() + 5
    try:
        while time.monotonic() < deadline:
            line = wire.line(5)
            if line.startswith(wanted) or line.startswith('* BYE [UNAVAILABLE]'):
                return True
    except WireError:
        pass
    return False


def judge(kind, all_heard, text, logging_in):
    """None when it is excused, or why not. `kind`: bears, breaks or kills. `text`: how the transcript failed. `logging_in`: it had not got further than that; a connection that is on
    its way to a process that ends has nobody who could speak for it."""
    for heard in all_heard:
        if heard.is_decided():
            if kind == 'bears' and not lives_on(heard):
                return 'refused as it should be, but then the session is of no use: %s' % heard.lines[-1:]
            return None
    for heard in all_heard:
        if kind != 'bears' and heard.said_goodbye():
            return None
        if heard.ended and (kind == 'kills' or heard.cut or (kind == 'breaks' and logging_in)):
            return None  # there was nobody left to say a word, or no way to say it within what had been begun
    return text
