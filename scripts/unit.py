#!/usr/bin/env python3
"""The unit tests of a build, as many at a time as there are processors. Says what each said that failed; the last line is "N passed, N failed".

    scripts/unit.py BUILD [TEST...]"""
import json
import os
import subprocess
import sys
from pathlib import Path

LAST = 4000  # octets of what a failed test said


def main(build, *names):
    log = Path(build) / 'meson-logs' / 'testlog.json'
    log.unlink(missing_ok=True)
    done = subprocess.run(['meson', 'test', '-C', build, '--no-rebuild', '--num-processes', str(os.cpu_count() or 1), *names],
                          capture_output=True, text=True)
    results = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    passed = 0
    for r in sorted(results, key=lambda r: r['name']):
        name = r['name'].rpartition(' / ')[2]
        if r['result'] == 'OK':
            passed += 1
            print('ok  ', name)
        else:
            print('FAIL %s: %s' % (name, r['result']))
            print((r.get('stdout') or '')[-LAST:] + (r.get('stderr') or '')[-LAST:])
    failed = len(results) - passed
    if not results or bool(done.returncode) != bool(failed):
        failed += 1
        print(done.stdout[-LAST:] + done.stderr[-LAST:])
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
