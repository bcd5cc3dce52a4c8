#!/usr/bin/python3
"""Counts the instructions of the hot paths under callgrind and compares them with those on record: a guard that does not
depend on the machine's mood. `make test-perf`; `make test-perf RECORD=1` puts today's counts on record."""
import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORD = HERE / 'counts.json'
TOLERANCE = 0.05  # beyond it a path is slower, or so much faster that the record must follow
# path: (what one operation is, operations in the path)
PATHS = {
    'select': ('SELECT of 1,000 messages', 1), 'fetch_flags': ('FETCH (UID FLAGS), a message', 1000),
    'fetch_envelope': ('FETCH (ENVELOPE BODYSTRUCTURE), a message', 1000), 'search_subject': ('SEARCH SUBJECT, a message, the first time', 1000),
    'search_known': ('SEARCH SUBJECT, a message, again', 1000), 'sort': ('SORT (SUBJECT), a message, the first time', 1000),
    'search_body': ('SEARCH BODY, a message of 5 KB', 1000), 'store_flags': ('STORE +FLAGS, a message', 1000),
    'pop3_uidl_list': ('POP3 UIDL and LIST, a message', 1000), 'lmtp_delivery': ('a delivery of 5 KB', 50),
    'mime_parse': ('the structure of a message of 5 KB', 100), 'login_dialogue': ('CAPABILITY, ID, LOGIN before login', 100),
}


def count(program):
    """{path: instructions an operation}. A dump is made before each path and holds what happened since the one before."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / 'out'
        done = subprocess.run(
            ['valgrind', '--tool=callgrind', '--collect-atstart=no', '--toggle-collect=loop_turn', '--toggle-collect=bare_*',
             '--dump-before=path_*', '--callgrind-out-file=%s' % out, str(program)], capture_output=True, text=True)
        if done.returncode:
            sys.exit('bench-counts failed:\n%s' % done.stderr[-2000:])
        found, path = {}, None
        for dump in sorted(Path(directory).glob('out.*'), key=lambda p: int(p.suffix[1:])):
            text = dump.read_text(errors='replace')
            if path in PATHS:  # the last time of a path counts
                found[path] = int(re.search(r'^(?:summary|totals): (\d+)', text, re.M).group(1)) / PATHS[path][1]
            trigger = re.search(r'^desc: Trigger: --dump-before=path_(\w+)', text, re.M)
            path = trigger.group(1) if trigger else None
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('program', type=Path, help='bench-counts of a release build')
    parser.add_argument('--record', action='store_true')
    options = parser.parse_args()
    found = count(options.program)
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    failed = 0
    for path, (what, _) in PATHS.items():
        now, before = found.get(path), record.get(path)
        if not now:
            state, failed = 'FAIL: not counted', failed + 1
        elif before is None:
            state, failed = 'new', failed + (not options.record)
        else:
            change = now / before - 1
            bad = abs(change) > TOLERANCE and not options.record
            state, failed = '%+.1f%%%s' % (100 * change, ' FAIL' if bad else ''), failed + bad
        print('%-16s %12s  %-45s %s' % (path, '{:,.0f}'.format(now or 0), what, state))
    if options.record and not failed:
        RECORD.write_text(json.dumps({p: round(found[p], 1) for p in PATHS}, indent=1) + '\n')
    print('%d passed, %d failed' % (len(PATHS) - failed, failed))
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
