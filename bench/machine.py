"""The machine of a run: what it is, and what it can do at best."""
import json
import os
import platform
import subprocess
from pathlib import Path

import peers


def limits(options, directory):
    """bench-limits on the servers' file system."""
    pem = []
    for kind in ('rsa', 'ecdsa'):
        where = options.build / ('limit-' + kind)
        if not (where / 'cert.pem').exists():
            where.mkdir(exist_ok=True)
            peers.make_certificate(where, kind)
        pem += [str(where / 'cert.pem'), str(where / 'key.pem')]
    done = subprocess.run([str(options.build / 'bench' / 'bench-limits'), str(directory), '0.1', *pem], capture_output=True, text=True)
    if done.returncode:
        raise OSError('bench-limits: exit code %d: %s' % (done.returncode, done.stderr.strip()))
    return json.loads(done.stdout)


def processor():
    for line in Path('/proc/cpuinfo').read_text().splitlines():
        if line.startswith('model name'):
            return line.split(':', 1)[1].strip()
    return platform.machine()


def memory_gb():
    return int(Path('/proc/meminfo').read_text().split()[1]) / 1e6


def file_system(directory):
    done = subprocess.run(['findmnt', '-n', '-o', 'FSTYPE,SOURCE', '-T', str(directory)], capture_output=True, text=True)
    return ' '.join(done.stdout.split()) or 'unknown'


def version(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
        return (done.stdout or done.stderr).split('\n')[0]
    except OSError:
        return 'absent'


def barid_version():
    return version([os.environ['BARID'], 'version']) + ', ' + version(['git', '-C', str(peers.ROOT), 'rev-parse', '--short', 'HEAD'])


def describe(options, servers):
    return {
        'processor': '%d × %s' % (peers.CPUS, processor()),
        'memory': '%.0f GB' % memory_gb(),
        'kernel': platform.release(),
        'file system': file_system(servers[0].dir),
        'load average': '%.1f %.1f %.1f' % os.getloadavg(),
        'accounting': servers[0].account_group().kind,
        'barid': barid_version(),
        'dovecot': version(['dovecot', '--version']),
        'cyrus': '3.6.1, Debian' if any(s.name == 'cyrus' for s in servers) else 'absent',
        'messages': options.messages, 'rounds': options.rounds, 'seconds a run': options.seconds,
    }
