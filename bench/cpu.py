"""What a server costs: CPU seconds and memory of all its processes, by a control group of its own where the system lets
us make one, else by adding up its process tree. And what the rest of the machine does meanwhile."""
import os
import signal
import time
from pathlib import Path

CGROUPS = Path('/sys/fs/cgroup')
TICKS = os.sysconf('SC_CLK_TCK')


def stat_of(pid):
    """(parent, own ticks, ticks of its dead and waited-for children) or None."""
    try:
        text = Path('/proc/%d/stat' % pid).read_text()
    except OSError:
        return None
    field = text[text.rindex(')') + 2:].split()
    return int(field[1]), int(field[11]) + int(field[12]), int(field[13]) + int(field[14])


def tree(root):
    """The process ids of `root` and all below it."""
    parents = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            stat = stat_of(int(name))
            if stat:
                parents.setdefault(stat[0], []).append(int(name))
    found, at = [root], 0
    while at < len(found):
        found += parents.get(found[at], [])
        at += 1
    return found


def pss_of(pid):
    """Kilobytes; 0 when it has ended."""
    try:
        lines = Path('/proc/%d/smaps_rollup' % pid).read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith('Pss:'))


def name_of(pid):
    try:
        return Path('/proc/%d/comm' % pid).read_text().strip()
    except OSError:
        return 'ended'


class Group:
    def __init__(self, name):
        self.root = None
        self.paths = []
        for base in (CGROUPS / 'cpuacct', CGROUPS):
            path = base / name
            try:
                if not (base / 'cgroup.procs').exists():
                    continue
                path.mkdir(exist_ok=True)
                if (path / 'cpuacct.usage').exists() or (path / 'cpu.stat').exists():
                    self.paths = [path]
                    break
                path.rmdir()
            except OSError:
                continue

    @property
    def kind(self):
        return 'control group' if self.paths else 'process tree'

    def enter(self):
        """In a child, before it becomes the server."""
        os.setpgrp()
        for path in self.paths:
            (path / 'cgroup.procs').write_text(str(os.getpid()))

    def processes(self):
        if self.paths:
            return [int(p) for p in (self.paths[0] / 'cgroup.procs').read_text().split()]
        return tree(self.root)

    def cpu_seconds(self):
        for path in self.paths:
            usage = path / 'cpuacct.usage'
            if usage.exists():
                return int(usage.read_text()) / 1e9
            for line in (path / 'cpu.stat').read_text().splitlines():
                if line.startswith('usage_usec'):
                    return int(line.split()[1]) / 1e6
        stats = [stat_of(p) for p in tree(self.root)]
        return sum(s[1] + s[2] for s in stats if s) / TICKS

    def pss_kb(self):
        """Proportional memory of all its processes: shared pages are counted once."""
        return sum(pss_of(pid) for pid in self.processes())

    def pss_by_name(self):
        """The same, by what the processes call themselves."""
        found = {}
        for pid in self.processes():
            name = name_of(pid)
            found[name] = found.get(name, 0) + pss_of(pid)
        return found

    def leave_processes(self):
        """Ends what the server left behind; only what this group holds."""
        for attempt in range(50):
            left = self.processes() if self.paths else []
            if not left:
                break
            for pid in left:
                try:
                    os.kill(pid, signal.SIGTERM if attempt < 20 else signal.SIGKILL)
                except OSError:
                    pass
            time.sleep(0.1)

    def leave(self):
        self.leave_processes()
        for path in self.paths:
            try:
                path.rmdir()
            except OSError:
                pass


def machine_busy_seconds():
    """CPU seconds that all processors spent on anything since the machine started."""
    field = Path('/proc/stat').read_text().splitlines()[0].split()[1:]
    return (sum(int(v) for v in field[:8]) - int(field[3]) - int(field[4])) / TICKS
