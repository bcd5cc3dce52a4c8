"""A log: segment files, records, where the end is. From doc/STORE-FORMAT.md, "A segment file" to "How the end is found"."""
import ctypes
from pathlib import Path

LIBRARY = ctypes.CDLL('libxxhash.so.0')
LIBRARY.XXH3_64bits_withSeed.restype = ctypes.c_uint64
LIBRARY.XXH3_64bits_withSeed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
RECORD, HEADER = b'\xb5\x52\x65\x63', b'BARIDLOG'
FOOTER, GROUP_END = 0xfd, 0xff
ALL_BITS = (1 << 64) - 1


class Unreadable(Exception):
    pass


def xxh3(data, seed=0):
    return LIBRARY.XXH3_64bits_withSeed(data, len(data), seed)


class Bytes:
    """A payload, read from its beginning on."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def left(self):
        return len(self.data) - self.at

    def take(self, n):
        if n > self.left():
            raise Unreadable('cut short')
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), 'big')

    def position(self):
        return self.number(4), self.number(4)

    def varint(self):
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    def zigzag(self):
        value = self.varint()
        return value >> 1 if value % 2 == 0 else -(value + 1 >> 1)

    def text(self):
        return self.take(self.varint())

    def place(self):
        return self.varint(), self.varint()

    def runs(self, with_places=False):
        return [tuple(self.varint() for _ in range(3 if with_places else 2)) for _ in range(self.varint())]


class Segment:
    def __init__(self, path):
        self.number, self.data = int(path.stem), path.read_bytes()
        self.known = any(self.take_header(self.data[at:at + 64]) for at in (0, 512)) or self.guess_header()

    def take_header(self, header):
        if len(header) < 64 or header[:8] != HEADER or xxh3(header[:56]) != int.from_bytes(header[56:], 'big'):
            return False
        fields = Bytes(header[8:])
        if fields.number(2) != 1:
            raise Unreadable('of a later version')
        fields.take(6)
        self.generation, self.before = fields.number(8), fields.number(8)
        self.cut, self.durable = fields.position(), fields.position()
        self.checksum = header[56:]
        return True

    def guess_header(self):
        """From any group end, which names its generation."""
        for at in range(1024, len(self.data) - 95, 8):
            if self.data[at:at + 4] == RECORD and self.data[at + 5] == GROUP_END:
                end = Bytes(self.data[at + 32:at + 96])
                self.generation, self.before = end.number(8), end.number(8)
                end.take(24)
                self.cut, self.durable, self.checksum = end.position(), (0, 0), None
                if self.record(at):
                    return True
        return False

    def record(self, at):
        """(offset, type, payload or None where that is bad, checksum of the header, offset past it), or None where there is none."""
        head = self.data[at:at + 32]
        seed = self.generation ^ (((self.number << 32) + at) * 0x9E3779B97F4A7C15 & ALL_BITS)
        if len(head) < 32 or head[:4] != RECORD or xxh3(head[:24], seed) != int.from_bytes(head[24:], 'big'):
            return None
        length = int.from_bytes(head[8:12], 'big')
        payload = self.data[at + 32:at + 32 + length]
        if len(payload) < length or xxh3(payload) != int.from_bytes(head[16:24], 'big'):
            payload = None
        return at, head[5], payload, head[24:], at + 32 + (length + 7 & ~7)

    def records(self):
        at = 1024
        while at + 32 <= len(self.data):
            found = self.record(at)
            if found:
                yield found
                at = found[4]
            else:
                at += 8

    def repaired(self):
        """(offset, type, payload), with what the footer has of what is bad."""
        found = {at: (kind, payload) for at, kind, payload, _, _ in self.records()}
        for kind, payload in [x for x in found.values() if x[0] == FOOTER and x[1]]:
            footer = Bytes(payload)
            footer.take(16)
            count = footer.number(4)
            footer.take(4)
            for _ in range(count):
                at, length, kind, _ = footer.number(4), footer.number(4), footer.number(1), footer.take(3)
                copy = footer.take(length)
                if found.get(at, (kind, None))[1] is None:
                    found[at] = kind, copy
        return [(at, *found[at]) for at in sorted(found)]


class Log:
    def __init__(self, directory):
        paths = sorted(Path(directory).glob('[0-9]' * 10 + '.log'))
        self.segments = [s for s in map(Segment, paths) if s.known]
        self.by_number = {s.number: s for s in self.segments}
        newest = self.segments[-1].generation if self.segments else 0
        self.limits, cut = {}, None
        for s in reversed(self.segments):  # an older generation ends where the next one says
            if s.generation not in self.limits:
                self.limits[s.generation] = self.end_of(newest) if cut is None else cut
                cut = s.cut
            cut = min(cut, s.cut)

    def end_of(self, generation):
        """The end of what is live: proven by something later, or a last group that is all there."""
        segments = [s for s in self.segments if s.generation == generation]
        ends = [max(s.durable for s in segments)]
        for s in segments:
            for at, kind, payload, _, past in s.records():
                if kind == GROUP_END and payload:
                    fields = Bytes(payload[24:])
                    begin, synced = fields.position(), fields.position()
                    ends.append(synced)
                    if self.is_whole(segments, begin, (s.number, at), payload):
                        ends.append((s.number, past))
        return max(ends)

    def is_whole(self, segments, begin, end, payload):
        chain, count = 0, 0
        for s in segments:
            if begin[0] < s.number <= end[0]:
                chain = xxh3(chain.to_bytes(8, 'big') + (s.checksum or b''))
            for at, _, content, checksum, _ in s.records() if begin[0] <= s.number <= end[0] else ():
                if begin <= (s.number, at) < end:
                    chain, count = xxh3(chain.to_bytes(8, 'big') + checksum), count + (content is not None)
        return chain == int.from_bytes(payload[48:56], 'big') and count == int.from_bytes(payload[56:60], 'big')

    def records(self):
        """(position, type, payload) of all that is live; the payload is None where it is rot."""
        for s in self.segments:
            for at, kind, payload in s.repaired():
                if (s.number, at) < self.limits[s.generation]:
                    yield (s.number, at), kind, payload

    def read(self, position, kind):
        found = position[0] in self.by_number and self.by_number[position[0]].record(position[1])
        if not found or found[1] != kind or found[2] is None:
            raise Unreadable('no record of type %d at %d:%d' % (kind, *position))
        return found[2]
