"""The mail in a log: batches and snapshots, applied in order. From doc/STORE-FORMAT.md, "Mail records"."""
import copy
import ctypes

from segments import Bytes, Log, Unreadable, xxh3

BODY, CHUNK, PREFIX, BATCH, SNAPSHOT, PACKED_CHUNK = 2, 3, 4, 5, 6, 7
ZSTD = ctypes.CDLL('libzstd.so.1')
ZSTD.ZSTD_decompress.restype = ctypes.c_size_t
ZSTD.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
SYSTEM_FLAGS = {0: '\\Seen', 1: '\\Answered', 2: '\\Flagged', 3: '\\Deleted', 4: '\\Draft'}


def unpack(data, size):
    out = ctypes.create_string_buffer(size)
    if ZSTD.ZSTD_decompress(out, size, data, len(data)) != size:
        raise Unreadable('what is compressed is bad')
    return out.raw


class Message:
    def __init__(self, p):
        self.uid, self.id, self.flags, self.size = p.varint(), p.varint(), p.varint(), p.varint()
        self.date, self.zone, self.saved = p.zigzag(), p.zigzag(), p.varint()
        self.body, self.prefix_size = p.place(), p.varint()
        self.prefix = p.place() if self.prefix_size else None
        self.modseq = 0


class Mailbox:
    def __init__(self, uidvalidity, use, name, modseq=1):
        self.uidvalidity, self.use, self.name, self.highest = uidvalidity, use, name.decode(), modseq
        self.next, self.recent, self.keywords, self.messages = 1, 1, {}, {}

    def add(self, message, modseq):
        self.messages[message.uid] = message
        self.next, self.highest, message.modseq = message.uid + 1, modseq, modseq

    def flag_names(self, message):
        return {SYSTEM_FLAGS.get(bit) or self.keywords.get(bit) for bit in range(64) if message.flags >> bit & 1}


class Device:
    def __init__(self, seen=0):
        self.seen, self.policy, self.marks = seen, (0, 0), {1: [], 2: []}

    def mark(self, which, uid):
        """The time of the mark; 0: there is none. What was said last holds."""
        return next((time for first, count, time in reversed(self.marks[which]) if first <= uid < first + count), 0)


class Account:
    def __init__(self):
        self.number, self.gone, self.last_uidvalidity = 0, False, 0
        self.mailboxes, self.subscriptions, self.kept = {}, set(), {}
        self.devices, self.policy = {}, None  # of POP3

    def mailbox(self, id):
        if id not in self.mailboxes:  # the record that made it is lost
            self.last_uidvalidity += 1
            self.mailboxes[id] = Mailbox(self.last_uidvalidity, 0, b'Recovered %d' % id)
        return self.mailboxes[id]

    def keep(self, box_id, box, uid, when):
        message = box.messages.pop(uid)
        self.kept[self.number, message.id] = message

    def expunge(self, box_id, runs, when, keep):
        box = self.mailboxes.get(box_id)
        gone = [uid for first, count in runs for uid in range(first, first + count) if uid in box.messages] if box else []
        for uid in gone:
            if keep:
                self.keep(box_id, box, uid, when)
            else:
                del box.messages[uid]
        if gone:
            box.highest = self.number

    def move(self, box_id, target_id, map_, runs, when):
        source = self.mailboxes.get(box_id)
        if not source:
            return
        target, bits, moved = self.mailbox(target_id), dict(zip(map_[::2], map_[1::2])), []
        floor = target.next
        for first, count, to in runs:
            for k in range(count):
                if first + k in source.messages and to + k >= floor:
                    message = source.messages.pop(first + k)
                    message.uid, message.saved = to + k, when
                    message.flags = message.flags & 31 | sum(1 << new for old, new in bits.items() if message.flags >> old & 1)
                    moved.append(message)
        if moved:
            source.highest = self.number
        for message in sorted(moved, key=lambda m: m.uid):
            target.add(message, self.number)
        target.next = max([target.next] + [to + count for _, count, to in runs])

    def copy(self, box_id, target_id, first_id, map_, runs, when):
        source = self.mailboxes.get(box_id)
        if not source:
            return
        target, bits, at = self.mailbox(target_id), dict(zip(map_[::2], map_[1::2])), first_id
        for first, count, to in runs:
            for k in range(count):
                if first + k in source.messages and to + k >= target.next:
                    message = copy.copy(source.messages[first + k])
                    message.uid, message.id, message.saved = to + k, at, when
                    message.flags = message.flags & 31 | sum(1 << new for old, new in bits.items() if message.flags >> old & 1)
                    target.add(message, self.number)
                at += 1
            target.next = max(target.next, to + count)

    def undelete(self, target_id, place, uid, flags, when):
        floor = self.mailboxes[target_id].next if target_id in self.mailboxes else 1
        if place in self.kept and uid >= floor:
            message = self.kept.pop(place)
            message.uid, message.flags, message.saved = uid, flags, when
            self.mailbox(target_id).add(message, self.number)
        elif target_id in self.mailboxes:
            self.mailboxes[target_id].next = max(floor, uid + 1)

    def device(self, kind, name, p, when):
        if kind == 30:
            self.devices.setdefault(name, Device()).seen = p.varint()
        elif kind == 31:
            which, time, runs = p.number(1), p.varint(), p.runs()
            marks = self.devices.setdefault(name, Device(when)).marks[which]
            marks += [(first, count, time) for first, count in runs]
        elif kind == 32:
            of_device, policy = p.number(1), (p.number(1), p.varint())
            if not of_device:
                self.policy = policy
            elif name in self.devices:
                self.devices[name].policy = policy
        else:
            self.devices.pop(name, None)

    def apply(self, p, when):
        kind, box_id = p.number(1), p.varint()
        box = self.mailboxes.get(box_id)
        if kind == 1:
            p.varint()
        elif kind == 2:
            made = Mailbox(p.varint(), p.number(1), p.text(), self.number)
            self.mailboxes.setdefault(box_id, made)
            self.last_uidvalidity = max(self.last_uidvalidity, made.uidvalidity)
        elif kind in (3, 17):
            keep = kind == 17 and (p.varint(), box)[1]
            for uid in list(box.messages) if keep else ():
                self.keep(box_id, box, uid, when)
            self.mailboxes.pop(box_id, None)
        elif kind == 4:
            name = p.text().decode()
            if box:
                box.name = name
        elif kind == 5:
            (self.subscriptions.add if p.number(1) else self.subscriptions.discard)(p.text().decode())
        elif kind == 6:
            bit, name = p.number(1), p.text().decode()
            if box:
                box.keywords.setdefault(bit, name)
        elif kind == 7:
            message, _ = Message(p), p.text()
            if message.uid >= self.mailbox(box_id).next:
                self.mailbox(box_id).add(message, self.number)
        elif kind == 8:
            set_, clear, runs = p.number(8), p.number(8), p.runs()
            for message in list(box.messages.values()) if box else ():
                flags = message.flags & ~clear | set_
                if flags != message.flags and any(first <= message.uid < first + count for first, count in runs):
                    message.flags, message.modseq, box.highest = flags, self.number, self.number
        elif kind in (9, 16):
            self.expunge(box_id, p.runs(), when, kind == 16)
        elif kind == 10:
            recent = p.varint()
            if box:
                box.recent = max(box.recent, recent)
        elif kind == 11:
            self.move(box_id, p.varint(), p.text(), p.runs(True), when)
        elif kind == 12:
            uid, body, prefix = p.varint(), p.place(), p.place()
            if box and uid in box.messages:
                box.messages[uid].body, box.messages[uid].prefix = body, prefix
        elif kind == 13:
            box.next, box.recent, box.highest = p.varint(), p.varint(), p.varint()
        elif kind == 14:
            modseq, message, _ = p.varint(), Message(p), p.text()
            message.modseq = modseq
            box.messages[message.uid] = message
        elif kind == 15:
            p.varint(), p.varint(), p.varint()
        elif kind == 18:
            self.undelete(p.varint(), p.place(), p.varint(), p.number(8), when)
        elif kind == 19:
            last = p.place()
            self.kept = {place: m for place, m in self.kept.items() if place > last}
        elif kind == 20:
            place, body, prefix = p.place(), p.place(), p.place()
            if place in self.kept:
                self.kept[place].body, self.kept[place].prefix = body, prefix
        elif kind == 21:
            place, _, message, _ = p.place(), p.varint(), Message(p), p.text()
            self.kept[place] = message
        elif kind == 28:
            self.copy(box_id, p.varint(), p.varint(), p.text(), p.runs(True), when)
        elif kind == 29:
            p.varint()
        elif 30 <= kind <= 33:
            self.device(kind, p.text().decode(), p, when)
        elif kind == 22:
            uidvalidity = p.varint()
            if box and uidvalidity > box.uidvalidity:
                box.uidvalidity = uidvalidity
            self.last_uidvalidity = max(self.last_uidvalidity, uidvalidity)
        elif kind == 23:
            self.mailboxes, self.kept, self.subscriptions, self.gone = {}, {}, set(), True
            self.devices, self.policy = {}, None
        else:
            raise Unreadable('op %d is of a later version' % kind)


class Store:
    def __init__(self, log_directory):
        self.log, self.accounts, self.rot = Log(log_directory), {}, []
        self.open = None  # the snapshot that is coming in: [account, number, last UIDVALIDITY, chunks]
        for position, kind, payload in self.log.records():
            if payload is None:
                self.rot.append(position)
            elif kind in (BATCH, SNAPSHOT):
                (self.batch if kind == BATCH else self.snapshot)(Bytes(payload))
            elif PACKED_CHUNK < kind < 0xf0:
                raise Unreadable('record type %d is of a later version' % kind)

    def batch(self, p):
        version, id, number, when = p.number(1), p.varint(), p.varint(), p.varint()
        account = self.accounts.setdefault(id, Account())
        if number <= account.number:
            return
        account.number = number
        while p.left():
            account.apply(p, when)

    def snapshot(self, p):
        version, part, id, number = p.number(1), p.number(1), p.varint(), p.varint()
        if part == 0:
            p.varint(), p.varint()
            self.open = [id, number, p.varint(), []]
        elif self.open and self.open[:2] == [id, number]:
            if part == 1:
                self.open[3].append(p)
            elif p.varint() == len(self.open[3]):
                self.install(*self.open)
                self.open = None

    def install(self, id, number, last_uidvalidity, chunks):
        if id in self.accounts and self.accounts[id].number > number:
            return
        account = self.accounts[id] = Account()
        account.number = number
        for p in chunks:
            while p.left():
                account.apply(p, 0)
        account.last_uidvalidity = last_uidvalidity

    def bytes_of(self, message):
        body = Bytes(self.log.read(message.body, BODY))
        version, form, _, _, size, checksum = (body.number(n) for n in (1, 1, 2, 4, 8, 8))
        chunks, packed = body.number(4), body.number(4)
        if form in (1, 3):
            content = b''
            for _ in range(chunks):
                place, octets = body.position(), body.number(4)
                stored = body.number(4) if form == 3 else octets
                chunk = self.log.read(place, PACKED_CHUNK if stored < octets else CHUNK)
                content += unpack(chunk, octets) if stored < octets else chunk
        elif form == 2 and packed < size:
            content = unpack(body.take(packed), size)
        else:
            content = body.take(size)
        if form > 3 or len(content) != size or xxh3(content) != checksum:
            raise Unreadable('the body is bad')
        return (self.log.read(message.prefix, PREFIX) if message.prefix_size else b'') + content
