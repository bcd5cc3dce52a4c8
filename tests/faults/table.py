"""The table of planted faults of one process (src/base/fault.h), mapped: its counters, and orders to the running process."""
import mmap
import re
import struct
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALLS = re.findall(r'^CALL\(\w+, *"([\w-]+)"\)', (ROOT / 'src/base/fault.def').read_text(), re.M)
ROW = struct.Struct('<QQQQIIII')
HEAD = struct.Struct('<8sQQQQ')  # magic, given, taken, random, played
ORDERS_AT = HEAD.size + len(CALLS) * ROW.size
ORDERS_MAX = 2048
SIZE = ORDERS_AT + ORDERS_MAX


class Table:
    """`path` as in table=PATH; the file is there once the process has begun."""

    def __init__(self, path, role='mail', index=0):
        self.file = open('%s-%s-%d' % (path, role, index), 'r+b')
        self.map = mmap.mmap(self.file.fileno(), SIZE)
        assert self.map[:8] == b'BARIDFLT', 'not a table of faults'

    def row(self, call):
        return ROW.unpack_from(self.map, HEAD.size + CALLS.index(call) * ROW.size)

    def calls(self, call):
        return self.row(call)[0]

    def met(self, call):
        return self.row(call)[1]

    def all_calls(self):
        return {call: self.calls(call) for call in CALLS}

    def played(self):
        return HEAD.unpack_from(self.map, 0)[4]

    def order(self, text):
        """For the next call on; counts from now."""
        data = text.encode() + b'\0'
        assert len(data) <= ORDERS_MAX
        self.map[ORDERS_AT:ORDERS_AT + len(data)] = data
        given = struct.unpack_from('<Q', self.map, 8)[0]
        struct.pack_into('<Q', self.map, 8, given + 1)

    def taken(self, seconds=5):
        """Waits until the process has taken the orders: at its next call."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if struct.unpack_from('<Q', self.map, 8) == struct.unpack_from('<Q', self.map, 16):
                return True
            time.sleep(0.005)
        return False

    def close(self):
        self.map.close()
        self.file.close()
