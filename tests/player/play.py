#!/usr/bin/python3
"""Plays transcripts against a server. tests/README.md has the format.

    tests/player/play.py --server dovecot                        all of tests/imap, tests/pop3 and tests/lmtp
    tests/player/play.py --server barid --modes whole,bytes,slow tests/imap/idle*.t
    tests/player/play.py --server given=127.0.0.1:imap=1143,lmtp=1024 --user me@example.org --password x FILE
"""
import argparse
import fnmatch
import os
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import client
import servers
from runner import Failure, Run
from transcript import TranscriptError, load
from wire import MODES, WireError

TESTS = Path(__file__).resolve().parent.parent


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--server', default='barid', help='barid, dovecot, or given=HOST:imap=PORT,pop3=PORT,…')
    parser.add_argument('--program', help='the barid to start (default build/barid, or $BARID)')
    parser.add_argument('--build', default=os.environ.get('BARID_BUILD'), help='the build directory whose barid it is')
    parser.add_argument('--modes', default='whole', help='of whole,bytes,slow')
    parser.add_argument('--jobs', type=int, default=6)
    parser.add_argument('--user', help='with given: the account to use')
    parser.add_argument('--password', default=servers.PASSWORD)
    parser.add_argument('--timeout', type=float, help='seconds to wait for a line')
    parser.add_argument('--faults', action='append', metavar='ORDERS',
                        help='play on a disk that goes wrong so (tests/faults/program; the program is then barid-faulty); '
                             'several: once with each')
    parser.add_argument('--keep', action='store_true', help='keep the directory of the server')
    parser.add_argument('--all', action='store_true', help='play what is marked as not for this server too')
    parser.add_argument('--skipped', action='store_true', help='say which files were left out, and why')
    parser.add_argument('-v', '--verbose', action='store_true')
    parser.add_argument('files', nargs='*')
    args = parser.parse_args(argv)
    if args.build and not args.program:
        args.program = str(Path(args.build).resolve() / ('barid-faulty' if args.faults else 'barid'))
    args.modes = args.modes.split(',')
    if not set(args.modes) <= set(MODES):
        parser.error('--modes is of ' + ','.join(MODES))
    return args


def find_files(names):
    if not names:
        return sorted(p for room in ('imap', 'pop3', 'lmtp') for p in (TESTS / room).glob('*.t'))
    found = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            found += sorted(path.glob('*.t'))
        elif path.exists():
            found.append(path)
        else:
            here = [p for p in find_files([]) if fnmatch.fnmatch(p.name, '*%s*' % name)]
            if not here:
                raise TranscriptError('no transcript ' + name)
            found += here
    return found


def make_server(args, settings=(), faults=None):
    if args.server == 'dovecot':
        return servers.Dovecot(settings)
    if args.server == 'barid':
        return servers.Barid(settings, args.program, faults)
    if args.server.startswith('given='):
        server = servers.Given(args.server[6:], settings)
        if args.user:
            account = servers.Account(args.user, args.user, args.password)
            server.account = lambda name: account
        return server
    raise servers.ServerError('unknown server ' + args.server)


def left_out(transcript, server, capabilities):
    """Why this file is not for this server, or None."""
    if transcript.only and server.name not in transcript.only:
        return 'only %s' % ', '.join('%s: %s' % item for item in transcript.only.items())
    if server.name in transcript.not_for:
        return transcript.not_for[server.name]
    cannot = ['%s = %s' % item for item in transcript.settings if not server.can(*item)]
    if cannot:
        return 'cannot be started with ' + ', '.join(cannot)
    missing = [need for need in transcript.needs if need.upper() not in capabilities]
    return 'needs ' + ' '.join(missing) if missing else None


class Play:
    def __init__(self, args):
        self.args, self.server = args, None
        self.lock, self.passed, self.failed, self.skipped = threading.Lock(), 0, 0, []

    def jobs(self, files):
        out = []
        for number, transcript in enumerate(files):
            for mode in self.args.modes:
                if transcript.modes is None or mode in transcript.modes:
                    out.append((transcript, mode, 't%03d%s' % (number, mode[0])))
        return out

    def run(self, files):
        """One server for all files that ask for no settings of their own, then one for each set of settings."""
        for faults in self.args.faults or [None]:
            for settings in sorted({t.settings for t in files}):
                server = make_server(self.args, settings, faults)
                self.run_on(server, [t for t in files if t.settings == settings])

    def run_on(self, server, files):
        self.server = server
        if self.args.timeout:
            server.timeout = self.args.timeout
        jobs = self.jobs(files)
        try:
            if not all(server.can(*item) for item in files[0].settings):
                return self.leave_out(files)
            server.start(['probe'] + [name for transcript, _, name in jobs if transcript.uses_account])
            capabilities = client.capabilities(server)
            with ThreadPoolExecutor(self.args.jobs) as pool:
                list(pool.map(lambda job: self.one(job, capabilities), jobs))
            server.stop()
            for line in server.complaints():
                self.report('the server', 'log', 'the log of the server: ' + line, 0)
        finally:
            server.stop()
            if not self.args.keep:
                server.remove()

    def leave_out(self, files):
        for transcript in files:
            self.skipped.append((os.path.relpath(transcript.path), left_out(transcript, self.server, set())))

    def one(self, job, capabilities):
        transcript, mode, name = job
        path = os.path.relpath(transcript.path)
        why = None if self.args.all else left_out(transcript, self.server, capabilities)
        if why:
            with self.lock:
                self.skipped.append((path, why))
            return
        # Each file comes from an address of its own, so that failed logins of one do not slow the others down.
        number = zlib.crc32(name.encode())
        source = '127.%d.%d.%d' % (1 + number % 200, number // 200 % 250, 1 + number // 50000 % 250)
        account = self.server.account(name) if transcript.uses_account else None
        begun = time.monotonic()
        try:
            Run(transcript, self.server, account, mode, source).play()
            text = None
        except Failure as failure:
            text = failure.text(path, mode)
        except Exception as error:  # a fault of the player is a failure of the file, not the end of the run
            text = '%s:1: the player failed: %r  [%s]' % (path, error, mode)
        self.report(path, mode, text, time.monotonic() - begun)

    def report(self, path, mode, text, seconds):
        with self.lock:
            if text:
                self.failed += 1
                print('FAIL ' + text, flush=True)
            else:
                self.passed += 1
                if self.args.verbose:
                    print('ok   %s [%s] %.2f s' % (path, mode, seconds), flush=True)


def main(argv):
    args = arguments(argv)
    play = None
    try:
        files = [load(path) for path in find_files(args.files)]
        play = Play(args)
        play.run(files)
    except (TranscriptError, servers.ServerError, WireError, client.SetUpError) as error:
        print('play.py: %s' % error, file=sys.stderr)
        print('%d passed, %d failed' % (play.passed if play else 0, (play.failed if play else 0) + 1))
        return 1
    left = sorted(set(play.skipped))
    if left:
        print('%d left out for %s' % (len(left), args.server) + ('' if args.skipped else ' (--skipped says why)'))
    if args.skipped:
        for path, why in left:
            print('  %s: %s' % (path, why))
    print('%d passed, %d failed' % (play.passed, play.failed))
    return 1 if play.failed or not play.passed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
