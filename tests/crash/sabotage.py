"""What must be seen: each way spoils what the server has kept, or gives it what the model is not told of. tests/crash/test shows that the crash
test reports every one of them."""
import shutil
import smtplib
import subprocess

from model import content


def shards_of(server):
    return [server.data / ('shard-%d' % n) for n in range(server.shards)]


def cut(world):
    """The newest segment of each shard loses its end: what was acknowledged last is lost."""
    def spoil():
        for shard in shards_of(world.server):
            newest = max((shard / 'log').glob('*.log'))
            with open(newest, 'r+b') as f:
                f.truncate(max(1024, newest.stat().st_size // 2))
    return spoil


def old(world):
    """The shards as they were a while ago: what was acknowledged since is lost, what was expunged is back."""
    def spoil():
        for shard in shards_of(world.server):
            copy = world.server.dir / ('copy-of-' + shard.name)
            if not copy.exists():
                subprocess.run(['cp', '-a', shard, copy], check=True)
                continue
            shutil.rmtree(shard)
            subprocess.run(['cp', '-a', copy, shard], check=True)
    return spoil


def deliver(world, name):
    with smtplib.LMTP('127.0.0.1', world.server.ports['lmtp'], timeout=30) as lmtp:
        lmtp.sendmail('a@example.net', [world.accounts[0].name], content(name))


def twice(world):
    """A message that is there already is delivered again."""
    def spoil():
        there = world.accounts[0].consumer.latest.boxes['INBOX'].messages.values()
        name = next((name for name, _ in there), None)
        if name:
            world.server.again()
            deliver(world, name)
            world.server.kill_all()
    return spoil


def unsent(world):
    """One that no session has sent."""
    def spoil():
        world.server.again()
        deliver(world, 'd999999999')
        world.server.kill_all()
    return spoil


def auth(world):
    """The accounts directory as it was a while ago."""
    def spoil():
        there, copy = world.server.data / 'auth', world.server.dir / 'copy-of-auth'
        if not copy.exists():
            subprocess.run(['cp', '-a', there, copy], check=True)
            return
        shutil.rmtree(there)
        subprocess.run(['cp', '-a', copy, there], check=True)
    return spoil


WAYS = {'cut': cut, 'old': old, 'twice': twice, 'unsent': unsent, 'auth': auth}
