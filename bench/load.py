"""One run of the load generator against one server, with what the server and the rest of the machine spent meanwhile."""
import json
import select
import signal
import subprocess
from pathlib import Path

import cpu
import peers

HERE = Path(__file__).resolve().parent


class WrongAnswer(Exception):
    pass


class Load:
    """One run of the load generator: set up on entering, measured by go()."""

    def __init__(self, options, server, workload, port, **more):
        command = [str(options.build / 'bench' / 'bench-load'), '--port', str(server.ports[port]), '--login_suffix', server.login_suffix]
        if port.endswith('s'):
            command.append('--tls')
        for key, value in more.items():
            if key == 'define':
                for item in value.items():
                    command += ['--define', '%s=%s' % item]
            elif value is True:
                command.append('--' + key)
            else:
                command += ['--' + key, str(value)]
        self.name, self.limit = workload, options.limit
        self.server, self.process = server, subprocess.Popen(
            command + [str(HERE / 'workloads' / (workload + '.w'))], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def line(self, seconds=None):
        """What it says next, one line of JSON; one that does not say it in time is ended."""
        if not select.select([self.process.stdout], [], [], seconds or self.limit)[0]:
            self.process.kill()
            self.process.wait()
            raise WrongAnswer('%s: %s took longer than %d s' % (self.server.name, self.name, seconds or self.limit))
        text = self.process.stdout.readline()
        if not text:
            self.process.wait()
            raise WrongAnswer('%s: %s' % (self.server.name, self.process.stderr.read().strip()))
        return json.loads(text)

    def __enter__(self):
        self.line()
        return self

    def begin(self):
        self.before = self.server.account_group().cpu_seconds(), cpu.machine_busy_seconds()
        self.process.stdin.write('\n')
        self.process.stdin.flush()

    def end(self):
        """Lets the operations that go on be the last ones."""
        self.process.send_signal(signal.SIGUSR1)
        return self.figures()

    def figures(self, seconds=None):
        out = self.line(seconds)
        server, busy = self.before
        out['server_cpu'] = self.server.account_group().cpu_seconds() - server
        rest = cpu.machine_busy_seconds() - busy - out['server_cpu'] - out['cpu']
        out['others_share'] = max(0.0, rest / max(out['seconds'], 1e-3) / peers.CPUS)
        return out

    def go(self, seconds=None):
        """The figures of the load generator, with what the server and the rest of the machine spent meanwhile."""
        self.begin()
        return self.figures(seconds)

    def __exit__(self, wrong=None, *_):
        if wrong:
            self.process.terminate()
        try:
            self.process.stdin.close()
        except OSError:
            pass
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
