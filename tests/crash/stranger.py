"""What a stranger reads in the logs, by doc/STORE-FORMAT.md alone (tests/reader), compared with what the server says: at the end of a run."""
import json
import subprocess
import sys
from pathlib import Path

from look import look
from model import Finding

sys.path.append(str(Path(__file__).resolve().parent.parent / 'reader'))
import mail  # noqa: E402
import segments  # noqa: E402


def numbers(server):
    """{name: (shard, account)}"""
    listed = subprocess.run([server.program, 'account', 'list', '--json', '--data', str(server.data)], capture_output=True, text=True, check=True)
    return {a['name']: (a['shard'], a['id']) for a in map(json.loads, listed.stdout.splitlines())}


def in_log(account):
    return {box.name: (box.uidvalidity, box.next, {m.uid: frozenset(box.flag_names(m)) for m in box.messages.values()})
            for box in account.mailboxes.values()}


async def compare(world):
    """While nobody works. Finding: the log does not say what the server says."""
    try:
        await compare_all(world)
    except segments.Unreadable as why:
        raise Finding('other', 'by its documentation the log cannot be read: %s' % why)


async def compare_all(world):
    found, stores = numbers(world.server), {}
    for account in world.accounts:
        shard, id_ = found[account.name]
        boxes, _ = await look(world, account, False)
        server = {name: (box.validity, box.next, {uid: flags for uid, (_, flags) in box.messages.items()}) for name, box in boxes.items()}
        if shard not in stores:
            stores[shard] = mail.Store(world.server.data / ('shard-%d' % shard) / 'log')
        log = in_log(stores[shard].accounts[id_])
        if log != server:
            names = sorted(name for name in set(log) | set(server) if log.get(name) != server.get(name))
            raise Finding('other', '%s: log and server differ in %s: %s and %s' % (account.name, names[0], log.get(names[0]), server.get(names[0])))
    for shard, store in stores.items():
        if store.rot:
            raise Finding('other', 'shard %d: %d places of the log cannot be read' % (shard, len(store.rot)))
