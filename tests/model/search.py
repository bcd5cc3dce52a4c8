"""SEARCH and SORT of the model test, with RETURN and "$": RFC 3501 §6.4.4, 4731, 5182, 5256, 5267 and 9394. What is there and what the session
knows say what must be found. Of a message that is gone and has not been told so, either may be said; then the answer is checked for what is left."""
import re

from talk import numbers, parse, ranges
from truth import must

WORDS = [b'KEYWORD work', b'KEYWORD $Later', b'KEYWORD a.b', b'KEYWORD new3']
SUBJECTS = [b'alpha', b'Beta', b'gamma', b're', b'message 1']
# what "$" is after SAVE: RFC 5182 §2.4, 9394 §3.2
ENDS = {b'MIN': 0, b'MAX': -1}


def system(name):
    flag = b'\\' + name.capitalize()
    return lambda n, m: flag in m.flags


class Searching:
    # ── keys: (text, test of a number and a message) ──

    def simple_key(self, depth):
        r = self.world.random
        kind = r.randrange(9)
        if kind < 2:
            name = r.choice([b'SEEN', b'FLAGGED', b'DELETED', b'ANSWERED', b'DRAFT'])
            test = system(name)
            return (name, test) if r.random() < 0.5 else (b'UN' + name, lambda n, m: not test(n, m))
        if kind == 2:
            word = r.choice(WORDS)
            flag = word.split()[1]
            return (word, lambda n, m: flag in m.flags) if r.random() < 0.5 else (b'UN' + word, lambda n, m: flag not in m.flags)
        if kind == 3 and not (self.world.lenient and depth):  # Dovecot 2.3 makes one of several sizes, wrongly under NOT
            size = r.choice([100, 200, 300, 400, 600])
            return (b'LARGER %d' % size, lambda n, m: m.size > size) if r.random() < 0.5 else (b'SMALLER %d' % size, lambda n, m: m.size < size)
        if kind == 4:
            word = r.choice(SUBJECTS)
            return b'SUBJECT "%s"' % word, lambda n, m: word.lower() in m.subject.lower()
        if kind == 5 and self.view.entries:
            a, b = sorted(r.randint(1, len(self.view.entries)) for _ in '12')
            return b'%d:%d' % (a, b), lambda n, m: a <= n <= b
        if kind == 6 and self.pick():
            uids = self.uids_of(self.pick(20))
            return b'UID ' + ranges(uids), lambda n, m: m.uid in uids
        # (Dovecot 2.3 takes an empty one for nothing, and NOT of it, too)
        if kind == 7 and self.saved is not None and (not self.world.lenient or self.saved & set(self.view.mailbox.messages)):
            saved = set(self.saved)
            return r.choice([b'$', b'UID $']), lambda n, m: m.uid in saved
        return b'ALL', lambda n, m: True

    def key(self, depth=0):
        r = self.world.random
        kind = r.randrange(6) if depth < 3 else 9
        if kind > 2:
            return self.simple_key(depth)
        # (Dovecot 2.3 is wrong about NOT of several keys)
        text, test = self.key(3 if self.world.lenient and kind == 0 else depth + 1)
        if kind == 0:
            return b'NOT ' + (b'(%s)' % text if b' ' in text else text), lambda n, m: not test(n, m)
        other, second = self.key(depth + 1)
        if kind == 1:
            return b'OR (%s) (%s)' % (text, other), lambda n, m: test(n, m) or second(n, m)
        return b'(%s %s)' % (text, other), lambda n, m: test(n, m) and second(n, m)

    # ── the order ──

    def order(self):
        """SORT's criteria, and the sort itself: of (number, message), ties by number."""
        r = self.world.random
        keys = {b'SIZE': lambda m: m.size, b'ARRIVAL': lambda m: m.date, b'SUBJECT': lambda m: m.base_subject}
        names = r.sample(list(keys), r.randint(1, 3))
        if self.world.lenient and b'SUBJECT' in names:
            names = [b'SUBJECT']  # Dovecot 2.3 may put those of one subject in any order, whatever the next criterion is
        criteria = [(name, r.random() < 0.4) for name in names]

        def sort(found):
            for name, reverse in reversed(criteria):
                found = sorted(found, key=lambda f: keys[name](f[1]), reverse=reverse)  # stable: REVERSE does not turn ties round
            return found
        return b' '.join((b'REVERSE ' if reverse else b'') + name for name, reverse in criteria), sort

    # ── a command ──

    def options(self, sorting):
        r = self.world.random
        out = r.sample([b'MIN', b'MAX', b'COUNT', b'ALL'], r.randint(0, 3))
        if self.world.can_page and b'ALL' not in out and r.random() < 0.3:
            a, b, sign = r.randint(1, 12), r.randint(1, 12), r.choice([b'', b'-'])
            out.append(b'PARTIAL %s%d:%s%d' % (sign, min(a, b), sign, max(a, b)))
        if not sorting and r.random() < 0.4:
            out.append(b'SAVE')
        r.shuffle(out)
        return out

    def search(self):
        self.ask(False)

    def sort(self):
        self.ask(True)

    def ask(self, sorting):
        r = self.world.random
        if self.world.lenient or r.random() < 0.6:
            self.noop()  # so that the answer can be known to the number
        self.learn()
        (text, test), uid, extended = self.key(), r.random() < 0.5, r.random() < 0.5
        criteria, sort = self.order() if sorting else (b'', list)
        extended &= not (self.world.lenient and b'SUBJECT' in criteria)
        asked = self.options(sorting) if extended else None
        verb = (b'UID ' if uid else b'') + (b'SORT' if sorting else b'SEARCH')
        command = verb + (b' RETURN (%s)' % b' '.join(asked) if extended else b'') + (b' (%s) UTF-8 ' % criteria if sorting else b' ') + text
        at_first = {e.uid: n for n, e in enumerate(self.view.entries, 1)}
        self.world.commands += 1
        tag = self.imap.command(command)
        untagged, end = self.imap.answer(tag)
        must(end.startswith(b'OK'), command, 'was answered', end)
        place = [i for i, line in enumerate(untagged) if re.match(rb'\* (E?SEARCH|SORT)\b', line)]
        silent = asked is not None and set(asked) == {b'SAVE'}
        must(len(place) == (not silent), command, 'has', len(place), 'answers')
        # what is told before the answer has changed the numbers in it
        before = place[0] if place else 0
        self.hear(untagged[:before], not uid)
        believed = [e.uid for e in self.view.entries]
        answer = parse(untagged[place[0]][2:].rstrip()) if place else []
        messages = self.view.mailbox.messages
        found = sort([(n, messages[u]) for n, u in enumerate(believed, 1) if u in messages and test(at_first.get(u, n), messages[u])])
        exact = all(u in messages for u in believed) and (not self.view.is_behind() or not self.world.lenient)
        want = [m.uid if uid else n for n, m in found]
        name = lambda u: u if uid else believed.index(u) + 1  # noqa: E731
        unsure = {name(u) for u in believed if u and u not in messages} | {n for n, u in enumerate(believed, 1) if not u and not uid}
        if extended:
            self.check_extended(command, tag, uid, asked, answer, want, exact, unsure)
            if b'SAVE' in asked:
                self.saved = self.kept(asked, [m.uid for _, m in found]) if exact else None
        else:
            must(answer[0] == (b'SORT' if sorting else b'SEARCH'), answer)
            said = [int(n) for n in answer[1:]]
            if self.world.lenient and b'SUBJECT' in criteria:
                subject = lambda n: messages[n if uid else believed[n - 1]].base_subject  # noqa: E731
                must([subject(n) for n in said] == [subject(n) for n in want], command, 'says', said, 'instead of', want)
            self.same(command, said, want, exact, unsure, sorting and not (self.world.lenient and b'SUBJECT' in criteria))
        self.hear(untagged[before + len(place):], not uid)

    def same(self, command, said, want, exact, unsure, ordered=True):
        if ordered:
            rest = [n for n in said if n not in unsure]
            good = rest == [n for n in want if n not in unsure] or (not exact and set(rest) >= set(want))
            must(good, command, 'says', said, 'instead of', want)
        else:
            must(set(said) - unsure >= set(want) - unsure, command, 'says', said, 'instead of', want)
            must(not exact or set(said) == set(want), command, 'says', said, 'instead of', want)

    def check_extended(self, command, tag, uid, asked, answer, want, exact, unsure):
        plain = [a for a in asked if a != b'SAVE']
        if not answer:
            return
        must(answer[0] == b'ESEARCH' and answer[1] == [b'TAG', tag], command, 'has', answer)
        rest = answer[2:]
        must((rest[:1] == [b'UID']) == uid, command, 'has', answer)
        rest = rest[1:] if uid else rest
        said = dict(zip(rest[::2], rest[1::2]))
        expected = {}
        for item in plain or ([] if asked else [b'ALL']):
            if item == b'COUNT':
                expected[item] = b'%d' % len(want)
            elif item.startswith(b'PARTIAL'):
                words = item.split()[1]
                expected[b'PARTIAL'] = [words, piece(words, want)]
            elif want and item == b'ALL':
                expected[item] = list(want)
            elif want:
                expected[item] = b'%d' % want[ENDS[item]]
        if b'ALL' in said:
            said[b'ALL'] = numbers(said[b'ALL'])
        if b'PARTIAL' in said:
            got = said[b'PARTIAL']
            said[b'PARTIAL'] = [got[0], [] if got[1] == b'NIL' else numbers(got[1])]
        if exact:
            must(said == expected, command, 'says', said, 'instead of', expected)
        elif b'ALL' in said:
            must(set(said[b'ALL']) >= set(want), command, 'says', said, 'instead of', expected)

    def kept(self, asked, found):
        """What "$" is now: everything, but for MIN, MAX and PARTIAL without ALL and COUNT."""
        names = {a.split()[0] for a in asked}
        if not names & {b'MIN', b'MAX', b'PARTIAL'} or names & {b'ALL', b'COUNT'}:
            return set(found)
        out = {found[ENDS[n]] for n in names & set(ENDS) if found}
        for a in asked:
            if a.startswith(b'PARTIAL'):
                out |= set(piece(a.split()[1], found))
        return out


def piece(words, found):
    """PARTIAL's part: 1:3 from the beginning, -1:-3 from the end, in the order of all."""
    first, last = sorted(abs(int(w)) for w in words.split(b':'))
    if words.startswith(b'-'):
        n = len(found)
        return found[max(n - last, 0):max(n - first + 1, 0)]
    return found[first - 1:last]
