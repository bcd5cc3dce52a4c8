"""A real Thunderbird in a window of its own X server: how it is started, set up as a person would, and looked at."""
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from marionette import Marionette, Refused

# nothing of it leaves this machine, and no page of news lies over the window
PREFERENCES = {
    'network.dns.forceResolve': '127.0.0.1', 'network.proxy.type': 0, 'app.update.enabled': False, 'extensions.update.enabled': False,
    'datareporting.policy.dataSubmissionPolicyBypassNotification': True, 'datareporting.healthreport.uploadEnabled': False,
    'mail.provider.suppress_dialog_on_startup': True, 'mail.spotlight.firstRunDone': True, 'mail.winsearch.firstRunDone': True,
    'mailnews.start_page.enabled': False, 'app.donation.eoy.version.viewed': 999, 'mail.rights.version': 1,
    'mail.shell.checkDefaultClient': False, 'mail.biff.show_alert': False, 'mail.biff.play_sound': False,
    'mailnews.headers.showUserAgent': False, 'mail.compose.other.header': '', 'mail.SpellCheckBeforeSend': False,
}
# elements of all windows' shadow trees; only what can be seen
DEEP = '''
function* deep(root) { for (const e of root.querySelectorAll('*')) { yield e; if (e.shadowRoot) yield* deep(e.shadowRoot); } }
function find(id) { for (const e of deep(document)) if (e.id == id && e.getClientRects().length) return e; return null; }
const pane = document.getElementById('tabmail')?.currentAbout3Pane;
const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');
function server(user) { return MailServices.accounts.accounts.map(a => a.incomingServer).find(s => s.username == user); }
function folder(user, name) { return server(user).rootFolder.descendants.find(f => f.localizedName == name || f.name == name); }
function messages(f) { const out = []; for (const h of f.msgDatabase.enumerateMessages()) out.push(h); return out; }
function message(f, subject) { return messages(f).find(h => subject ==
    (h.flags & Ci.nsMsgMessageFlags.HasRe ? 'Re: ' : '') + h.mime2DecodedSubject); }
'''


class Window:
    def __init__(self, work, pictures):
        self.work, self.pictures = Path(work), Path(pictures)
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.profile = self.work / 'profile'
        self.profile.mkdir()
        self.processes = []
        self.number = 0

    def open(self, port, **preferences):
        lines = {**PREFERENCES, 'marionette.port': port, **preferences}
        (self.profile / 'user.js').write_text(''.join('user_pref("%s", %s);\n' % (k, literal(v)) for k, v in lines.items()))
        read, write = os.pipe()
        self.start(['Xvfb', '-displayfd', str(write), '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], pass_fds=[write])
        os.close(write)
        self.display = ':' + os.fdopen(read).readline().strip()
        self.start(['thunderbird', '--profile', str(self.profile), '--no-remote', '--marionette',
                                '-remote-allow-system-access'], env=self.environment())
        self.talk = Marionette(port)
        self.until('its window', lambda: self.run('return !!pane && document.readyState == "complete"'))

    def environment(self):
        return {**os.environ, 'HOME': str(self.work), 'DISPLAY': self.display, 'LANG': 'C.UTF-8', 'GDK_BACKEND': 'x11'}

    def start(self, command, **more):
        with open(self.work / 'output', 'ab') as output:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **more)
        self.processes.append(process)
        return process

    def close(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def run(self, script, *arguments):
        return self.talk.run(DEEP + script, *arguments)

    def wait(self, script, *arguments):
        return self.talk.wait(DEEP + script, *arguments)

    def until(self, what, look, seconds=60):
        """What `look()` gives once it is true."""
        end = time.monotonic() + seconds
        while True:
            try:
                got = look()
            except Refused:  # a window that is not all there yet
                got = None
            if got:
                return got
            if time.monotonic() > end:
                self.picture('in vain')
                raise AssertionError('waited %d s in vain for %s' % (seconds, what))
            time.sleep(0.2)

    def picture(self, name):
        """The whole screen."""
        self.number += 1
        path = self.pictures / ('%02d %s.png' % (self.number, name))
        if shutil.which('import'):
            time.sleep(0.5)  # what it knows it draws a little later
            subprocess.run(['import', '-window', 'root', str(path)], env=self.environment(), check=True)
        return path

    def see(self, id):
        self.until('#' + id, lambda: self.run('return !!find(arguments[0])', id))

    def fill(self, **values):
        for id, value in values.items():
            self.see(id)
            self.run('''const e = find(arguments[0]); e.focus(); e.value = arguments[1];
                e.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
                e.dispatchEvent(new Event("change", { bubbles: true, composed: true }));''', id, str(value))

    def press(self, id):
        self.until('#%s that can be pressed' % id, lambda: self.run('const e = find(arguments[0]); return e && !e.disabled', id))
        self.run('find(arguments[0]).click()', id)


def literal(value):
    return {True: 'true', False: 'false'}.get(value) if isinstance(value, bool) else \
        str(value) if isinstance(value, int) else '"%s"' % value
