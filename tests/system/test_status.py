"""barid status: what an administrator sees, and what programs read."""
import json
import os
import signal
import subprocess

from barid import PROGRAM, until


def status(server, *options):
    return subprocess.run([PROGRAM, 'status', '--data', str(server.data), *options], text=True, capture_output=True)


def test_all_is_well(server):
    server.up()
    done = status(server)
    assert done.returncode == 0, done.stdout
    assert 'Wrong just now' not in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[:2] for row in rows if row[:1] in (['0'], ['1'])] == [['0', 'serving'], ['1', 'serving']]
    assert [row[0] for row in rows if row and '.' in row[0]] == ['auth.0', 'mail.0', 'mail.1', 'front.0', 'front.1']


def test_json_has_its_names(server):
    server.up()
    done = status(server, '--json')
    read = json.loads(done.stdout)
    assert read['state'] == 'ready' and read['problems'] == []
    for shard in read['shards']:
        assert shard['state'] == 'serving' and shard['restarts_last_hour'] == 0
        assert {'shard', 'since', 'sessions', 'deliveries', 'delivered', 'log_bytes', 'log_live_bytes', 'rebuilding',
                'rebuilt_percent', 'disk_low', 'longest_turn_us'} <= set(shard)
    for process in read['processes']:
        assert {'role', 'index', 'pid', 'state', 'since', 'restarts', 'restarts_last_hour', 'connections', 'logins',
                'failures'} <= set(process)


def test_the_size_of_the_log_is_told(server):
    server.up()
    server.imap(server.account('anna@example.org')).logout()
    until(lambda: any(shard['log_bytes'] > 1024 for shard in server.status()['shards']))


def test_a_process_that_died_is_told(server):
    server.up()
    os.kill(server.process_of('mail', 1)['pid'], signal.SIGKILL)
    until(lambda: server.process_of('mail', 1)['restarts'] == 1 and server.process_of('mail', 1)['state'] == 'ready')
    done = status(server)
    assert done.returncode == 75
    assert 'mail.1 died (1 in the last hour)' in done.stdout
    assert [p['what'] for p in json.loads(status(server, '--json').stdout)['problems']] == ['restarts']


def test_no_server(server):
    server.up()
    server.stop()
    assert status(server).returncode == 69
    assert json.loads(status(server, '--json').stdout) == {'state': 'stopped'}
