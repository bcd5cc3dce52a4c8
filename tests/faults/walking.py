"""What the programs that walk a fault through calls have in common: their options, their end, and what they say last."""
import argparse
import re
import shutil
import time

from work import Wrong


def end(walk):
    """Stops its server; whatever a sanitizer said has failed."""
    walk.server.stop()
    logs = walk.server.log() + ''.join(f.read_text(errors='replace') for f in walk.dir.glob('log.*'))
    for line in logs.splitlines():
        if re.search(r'Sanitizer|runtime error', line):
            walk.failed += 1
            print('FAIL the log of the server: ' + line)
    if walk.failed:
        print('the server is kept in %s' % walk.dir)
    else:
        shutil.rmtree(walk.dir, ignore_errors=True)


def main(kind, text):
    """Runs it: `kind` is its class, with run(), done, failed, server and dir; `text` says what it does."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--sample', type=int, default=1)
    parser.add_argument('-v', '--verbose', action='store_true')
    parser.add_argument('faults', nargs='*')
    walk = kind(parser.parse_args())
    begun = time.monotonic()
    try:
        walk.run()
    except Wrong as wrong:
        walk.failed += 1
        print('FAIL %s' % wrong)
    finally:
        end(walk)
    print('%.0f s' % (time.monotonic() - begun))
    print('%d passed, %d failed' % (walk.done, walk.failed))
    return 1 if walk.failed or not walk.done else 0
