"""What is in an account, as a fresh client finds it; and a session that looks while others work."""
import asyncio
import random
import re

from model import Finding, FoundBox
from sessions import PASSWORD
from wire import Gone, Imap, Refused, fetched, number

NAME = re.compile(rb'^\* L(IST|SUB) \(([^)]*)\) "/" "?(.*?)"?\r\n$')
PARTS = b'(UID FLAGS BODY.PEEK[HEADER.FIELDS (X-Id)])'
WHOLE = b'(UID FLAGS BODY.PEEK[])'


def names(untagged):
    """Of LIST, those that are there; of LSUB, all."""
    found = (NAME.match(parts[0]) for parts in untagged)
    return [m[3].decode() for m in found if m and (m[1] == b'SUB' or b'\\Noselect' not in m[2])]


async def login(server, account, seconds=40):
    """Once what was killed is back."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        try:
            return await Imap.login(server.ports['imap'], account.name, PASSWORD)
        except (Gone, Refused) as error:
            if loop.time() > deadline:
                raise Finding('other', '%s: no login for %d seconds: %s' % (account.name, seconds, error))
            await asyncio.sleep(0.02)


async def look(world, account, deep):
    """(mailboxes, subscriptions); `deep` compares every byte of every message."""
    imap = await login(world.server, account)
    try:
        boxes = names((await imap.ask(b'LIST "" "*"'))[1])
        subscribed = frozenset(names((await imap.ask(b'LSUB "" "*"'))[1]))
        tags = []
        for name in boxes:
            tags.append(imap.begin(b'EXAMINE "%s"' % name.encode()))
            tags.append(imap.begin(b'UID FETCH 1:* ' + (WHOLE if deep else PARTS)))
        found = {}
        for name in boxes:
            _, told = await imap.end(tags.pop(0))
            _, rows = await imap.end(tags.pop(0))
            messages = fetched(rows)
            for uid, (what, _, bytes_) in messages.items():
                if deep:
                    world.same(what, bytes_)
            exists = next(int(p[0].split()[1]) for p in told if p[0].endswith(b' EXISTS\r\n'))
            if exists != len(messages):
                raise Finding('other', '%s: %s has %d messages, but FETCH gives %d' % (account.name, name, exists, len(messages)))
            found[name] = FoundBox(number('UIDVALIDITY', told), number('UIDNEXT', told),
                                   {u: m[:2] for u, m in messages.items()})
        return found, subscribed
    finally:
        imap.close()


class Watcher:
    """Another device. What it saw is as good as acknowledged: nothing reaches a peer before its sync (INV-1)."""

    def __init__(self, world, account, seed):
        self.world, self.account, self.dice = world, account, random.Random(seed)

    async def run(self, stop):
        imap = None
        try:
            while not stop.is_set():
                imap = imap or await Imap.login(self.world.server.ports['imap'], self.account.name, PASSWORD)
                try:
                    await self.watch(imap)
                except Refused:  # the mailbox has gone meanwhile
                    pass
                await asyncio.sleep(0.01)
        except (Gone, Refused) as error:  # its mailbox may have been deleted under it, too
            return str(error)
        finally:
            if imap:
                imap.close()

    async def watch(self, imap):
        owned = self.dice.choice(self.account.owners)
        name = self.dice.choice(sorted(owned.latest.boxes))
        first = owned.answered
        examined = imap.begin(b'EXAMINE "%s"' % name.encode())
        asked = imap.begin(b'UID FETCH 1:* ' + PARTS)
        try:
            await imap.end(examined)
        finally:
            rows = (await imap.end(asked))[1]
        messages = {u: m[:2] for u, m in fetched(rows).items()}
        for n in range(max(first, owned.answered), owned.answered + len(owned.states)):
            box = owned.states[n - owned.answered].boxes.get(name)
            if box and box.messages == messages:
                owned.seen = max(owned.seen, n)
                return
