#!/usr/bin/env python3
"""Runs the end-to-end tests (tests/system, tests/versions, tests/clients) with Debian's pytest against the program of $BARID_BUILD.

    tests/run_pytest.py                everything, three tests at a time; the last line is "N passed, N failed"
    tests/run_pytest.py tests/clients/test_curl.py -k pop      words of pytest's own

A test that is left out counts as failed, unless what it lacks is a client that is optional: then it is named."""
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PYTHON = '/usr/bin/python3' if Path('/usr/bin/python3').exists() else sys.executable
FOLDERS = ('system', 'versions', 'rot', 'clients')
LIMIT = 400  # seconds in all
OWN = os.environ.get('BARID_TEST_SERVER', 'barid') == 'barid'
EXCUSES = 'optional client' if OWN else 'optional client|only for Barid'


def has(module):
    return subprocess.run([PYTHON, '-c', 'import ' + module], capture_output=True).returncode == 0


def environment():
    build = Path(os.environ.get('BARID_BUILD') or TESTS.parent / 'build-test').resolve()
    program = os.environ.get('BARID') or str(build / 'barid')
    if OWN and not Path(program).exists():
        print('no %s: build it first, or name its directory in BARID_BUILD' % program)
        print('0 passed, 1 failed')
        sys.exit(1)
    return {**os.environ, 'BARID': program, 'BARID_BUILD': str(build), 'PYTHONDONTWRITEBYTECODE': '1'}


def result(case):
    """passed, failed or left out, with a word about it."""
    for kind in ('failure', 'error'):
        found = case.find(kind)
        if found is not None:
            return 'failed', found.get('message') or ''
    skipped = case.find('skipped')
    if skipped is None:
        return 'passed', ''
    why = skipped.get('message') or ''
    return ('left out' if re.match(EXCUSES, why) else 'failed'), why


def main():
    words = sys.argv[1:]
    chosen = [w for w in words if Path(w.split('::')[0]).exists()]
    if not chosen:
        words += [str(TESTS / folder) for folder in FOLDERS]
    with tempfile.TemporaryDirectory() as work:
        report = Path(work) / 'report.xml'
        command = [PYTHON, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--tb=short', '--junitxml', str(report),
                   '--basetemp', str(Path(work) / 'tests'), '--durations=5', *words]
        if has('xdist') and '-n' not in words:
            command += ['-n', '3']
        os.chmod(work, 0o755)
        process = subprocess.Popen(command, cwd=TESTS.parent, env=environment())
        try:
            process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            print('not done after %d s' % LIMIT)
        cases = list(tree.parse(report).iter('testcase')) if report.exists() else []
    counts = {'passed': 0, 'failed': 0, 'left out': 0}
    for case in cases:
        kind, why = result(case)
        counts[kind] += 1
        if kind == 'left out':
            print('left out: %s.%s: %s' % (case.get('classname'), case.get('name'), why))
    if process.returncode not in (0, 1) or not counts['passed'] + counts['failed']:
        counts['failed'] += 1
    print('%d passed, %d failed' % (counts['passed'], counts['failed']))
    return 1 if counts['failed'] else 0


if __name__ == '__main__':
    sys.exit(main())
