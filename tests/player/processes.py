"""The processes of a running server, by their roles."""
import os
import re
from pathlib import Path

ROLE = re.compile(r'--role\0(\w+)\0--index\0(\d+)')


def children(pid):
    try:
        return [int(p) for p in Path('/proc/%d/task/%d/children' % (pid, pid)).read_text().split()]
    except OSError:
        return []


def role_of(pid):
    try:
        found = ROLE.search(Path('/proc/%d/cmdline' % pid).read_text())
    except OSError:
        return None
    return (found[1], int(found[2])) if found else None


def pids(super_):
    """{('mail', 0): pid} below the process `super_`."""
    return {role: pid for pid in children(super_) if (role := role_of(pid))}


def lives(pid):
    """Also false for one that has ended and is not waited for yet."""
    try:
        os.readlink('/proc/%d/exe' % pid)
    except OSError:
        return False
    return True
