"""A program at a terminal of its own, which tests look at and type into (tmux)."""
import os
import shlex
import subprocess

from served import until


class Terminal:
    def __init__(self, dir, *command):
        self.tmux = ['tmux', '-u', '-S', str(dir / 'tmux'), '-f', '/dev/null']
        env = {**os.environ, 'LC_ALL': 'C.UTF-8', 'HOME': str(dir), 'TERM': 'screen'}
        env.pop('TMUX', None)
        line = 'exec ' + shlex.join(command)
        subprocess.run([*self.tmux, 'new-session', '-d', '-x', '110', '-y', '40', line], check=True, env=env)

    def screen(self):
        return subprocess.run([*self.tmux, 'capture-pane', '-p'], capture_output=True).stdout.decode()

    def sees(self, *texts):
        try:
            until(lambda: all(t in self.screen() for t in texts), 20, 0.1)
        except AssertionError:
            raise AssertionError('%s is not on the screen:\n%s' % (texts, self.screen())) from None

    def keys(self, *keys):
        subprocess.run([*self.tmux, 'send-keys', *keys], check=True)

    def types(self, text):
        self.keys('-l', text)

    def runs(self):
        return subprocess.run([*self.tmux, 'has-session'], capture_output=True).returncode == 0

    def end(self):
        subprocess.run([*self.tmux, 'kill-server'], capture_output=True)
