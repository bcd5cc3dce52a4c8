"""The servers that are compared, each in a directory of its own on free ports of the loopback, each configured well and
with its writes synced: Barid, Dovecot (sdbox) from the system's packages, Cyrus from Debian packages unpacked beside
(they conflict with Dovecot's). Knows nothing of workloads."""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / 'tests' / 'player'))
from servers import NOBODY, PASSWORD, PORTS, Barid, Server, ServerError  # noqa: E402

import cpu  # noqa: E402

CPUS = os.cpu_count() or 1
CERTIFICATES = {'rsa': ['-newkey', 'rsa:2048'], 'ecdsa': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']}


def make_certificate(directory, kind):
    """cert.pem and key.pem, one self-signed certificate."""
    subprocess.run(['openssl', 'req', '-x509', '-nodes', '-days', '30', '-subj', '/CN=localhost', *CERTIFICATES[kind],
                    '-keyout', str(directory / 'key.pem'), '-out', str(directory / 'cert.pem')],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (directory / 'key.pem').chmod(0o640)
    if os.getuid() == 0:
        os.chown(directory / 'key.pem', NOBODY, NOBODY)


class Measured:
    """What the driver needs of each server beside start and stop: an accounting group, accounts' names in LOGIN."""
    prefix = 'barid-bench'
    login_suffix = ''
    most_connections = 100000  # more cannot be asked of it on this machine
    certificate_kind = 'rsa'

    def account_group(self):
        if not hasattr(self, 'group'):
            self.group = cpu.Group('%s-%d' % (self.dir.name, os.getpid()))
        return self.group

    def launch(self, command, env=None):
        """Starts the server's first process inside its accounting group."""
        output = open(self.dir / 'out', 'ab')
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env,
                                        preexec_fn=self.account_group().enter)
        self.group.root = self.process.pid
        self.wait_ready()

    def prepare(self, users):
        """Writes configuration and accounts u0...; once."""
        raise NotImplementedError

    def run(self, durable=True):
        raise NotImplementedError


class BenchBarid(Measured, Barid):
    login_suffix = '@example.org'

    def prepare(self, users):
        self.dir.chmod(0o755)
        self.data = self.dir / 'data'
        self.data.mkdir()
        self.log = self.dir / 'out'
        make_certificate(self.dir, self.certificate_kind)
        if os.getuid() == 0:
            os.chown(self.data, NOBODY, NOBODY)
        ports = {k + '_listen': '%s:%d' % (self.host, v) for k, v in self.ports.items()}
        settings = {'data_dir': self.data, 'hostname': 'localhost', 'shards': min(CPUS, 8), 'connections_per_account_max': 20000,
                    'tls_cert': self.dir / 'cert.pem', 'tls_key': self.dir / 'key.pem', **ports, **self.settings}
        if os.getuid() == 0:
            settings['user'] = 'nobody'
        (self.data / 'barid.conf').write_text(''.join('%s = %s\n' % item for item in settings.items()))
        self.add_accounts(['u%d' % i for i in range(users)])

    def forget_index(self):
        """What the log can say again."""
        for index in [p for p in self.data.rglob('index') if p.is_dir()]:
            shutil.rmtree(index)

    def run(self, durable=True):
        self.launch([self.program, 'serve', '--data', str(self.data)])


DOVECOT = '''
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/server.log
protocols = imap pop3 lmtp
listen = 127.0.0.1
{users}
ssl = yes
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0 secs
auth_username_format = %Ln
auth_cache_size = 10M
postmaster_address = postmaster@example.org
hostname = localhost
mail_location = sdbox:{dir}/mail/%n
mail_fsync = {fsync}
mail_max_userip_connections = 0
first_valid_uid = 1
default_client_limit = 20000
default_process_limit = 12000
default_vsz_limit = 4G
# IDLE learns by inotify, half a second late; what that misses (a delivery just after another) by looking again
mailbox_idle_check_interval = 1 secs
passdb {{
  driver = passwd-file
  args = username_format=%n {dir}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%n {dir}/users
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
# no penalty for many logins from one address
service anvil {{
  client_limit = 30000
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
  {chroot}
}}
service auth {{
  client_limit = 30000
}}
# the high-performance mode of https://doc.dovecot.org/2.3/admin_manual/login_processes/
service imap-login {{
  process_min_avail = {cpus}
  service_count = 0
  client_limit = 20000
  {chroot}
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  process_min_avail = {cpus}
  service_count = 0
  client_limit = 20000
  {chroot}
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service imap {{
  service_count = 200
  process_min_avail = 8
  process_limit = 12000
}}
service pop3 {{
  service_count = 200
  process_min_avail = 4
}}
service lmtp {{
  process_min_avail = 8
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service stats {{
  {chroot}
}}
'''


class BenchDovecot(Measured, Server):
    name, domain = 'dovecot', 'example.org'
    program = '/usr/sbin/dovecot'
    most_connections = 1000

    def prepare(self, users):
        if not Path(self.program).exists():
            raise ServerError('no Dovecot here: scripts/install-packages.sh bench')
        self.dir.chmod(0o755)
        (self.dir / 'mail').mkdir()
        make_certificate(self.dir, self.certificate_kind)
        root = os.getuid() == 0
        owner = (NOBODY, NOBODY) if root else (os.getuid(), os.getgid())
        if root:
            os.chown(self.dir / 'mail', *owner)
        line = 'u%d:{PLAIN}%s:%d:%d::%s/mail/u%d::\n'
        (self.dir / 'users').write_text(''.join(line % (i, PASSWORD, *owner, self.dir, i) for i in range(users)))
        self.durable = None

    def configure(self, durable):
        import getpass
        import grp
        users, chroot = '', ''
        if os.getuid():
            name, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
            users = 'default_internal_user = %s\ndefault_login_user = %s\ndefault_internal_group = %s' % (name, name, group)
            chroot = 'chroot ='
        (self.dir / 'dovecot.conf').write_text(DOVECOT.format(
            dir=self.dir, users=users, chroot=chroot, cpus=CPUS, fsync='optimized' if durable else 'never', **self.ports))

    def run(self, durable=True):
        self.configure(durable)
        self.launch([self.program, '-F', '-c', str(self.dir / 'dovecot.conf')])


CYRUS_IMAPD = '''
configdirectory: {dir}/conf
defaultpartition: default
partition-default: {dir}/spool
temp_path: {dir}/tmp
proc_path: {fast}/proc
mboxname_lockpath: {fast}/lock
cyrus_user: {user}
cyrus_group: {group}
admins: cyrus
servername: localhost
defaultdomain: example.org
virtdomains: off
unixhierarchysep: yes
autocreate_post: 1
autocreate_quota: 0
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {dir}/sasldb2
sasl_mech_list: PLAIN LOGIN
allowplaintext: yes
sasl_log_level: 0
syslog_prefix: barid-bench
tls_server_cert: {dir}/cert.pem
tls_server_key: {dir}/key.pem
duplicatesuppression: no
expunge_mode: immediate
delete_mode: immediate
popminpoll: 0
poptimeout: 10
idlesocket: {dir}/idle.sock
imapidlepoll: 60
lmtpsocket: {dir}/lmtp.sock
notifysocket: {dir}/notify.sock
conversations: no
'''

CYRUS_CONF = '''
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {dir}/imapd.conf -r"
}}
SERVICES {{
  imap  cmd="{bin}/imapd -C {dir}/imapd.conf -U 200" listen="127.0.0.1:{imap}" prefork=16 maxchild=2000
  imaps cmd="{bin}/imapd -C {dir}/imapd.conf -s -U 200" listen="127.0.0.1:{imaps}" prefork=16 maxchild=2000
  pop3  cmd="{bin}/pop3d -C {dir}/imapd.conf -U 200" listen="127.0.0.1:{pop3}" prefork=4 maxchild=2000
  pop3s cmd="{bin}/pop3d -C {dir}/imapd.conf -s -U 200" listen="127.0.0.1:{pop3s}" prefork=4 maxchild=2000
  lmtp  cmd="{bin}/lmtpd -C {dir}/imapd.conf -a -U 200" listen="127.0.0.1:{lmtp}" prefork=8 maxchild=2000
}}
DAEMON {{
  idled cmd="{bin}/idled -C {dir}/imapd.conf"
}}
'''

CYRUS_PACKAGES = ['cyrus-common', 'cyrus-imapd', 'cyrus-pop3d', 'sasl2-bin']


class BenchCyrus(Measured, Server):
    name, domain = 'cyrus', 'example.org'
    most_connections = 1000

    def unpack(self):
        """Debian's packages, unpacked once beside the build: installed they would replace Dovecot."""
        root = Path(os.environ.get('BARID_BENCH_CYRUS') or ROOT / 'build-bench' / 'cyrus')
        if not (root / 'usr').exists():
            root.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(['apt-get', 'download', *CYRUS_PACKAGES], cwd=root, capture_output=True, text=True)
            if done.returncode:
                raise ServerError('apt-get download %s: %s' % (' '.join(CYRUS_PACKAGES), done.stderr.strip()))
            for package in sorted(root.glob('*.deb')):
                subprocess.run(['dpkg', '-x', str(package), str(root)], check=True)
        self.bin = root / 'usr' / 'lib' / 'cyrus' / 'bin'
        libraries = ':'.join(str(p) for p in (root / 'usr' / 'lib').glob('*-linux-*'))
        self.env = dict(os.environ, LD_LIBRARY_PATH=libraries)
        self.saslpasswd = root / 'usr' / 'sbin' / 'saslpasswd2'

    def prepare(self, users):
        self.unpack()
        self.dir.chmod(0o755)
        make_certificate(self.dir, self.certificate_kind)
        # as in Debian's own configuration: what a restart need not keep lies in memory
        self.fast = Path(tempfile.mkdtemp(prefix='barid-bench-', dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else self.dir))
        for name in ('proc', 'lock'):
            (self.fast / name).mkdir()
        for name in ('conf', 'spool', 'tmp', 'conf/db', 'conf/log', 'conf/msg', 'conf/socket'):
            (self.dir / name).mkdir()
        user, group = 'nobody', 'nogroup'
        if os.getuid():
            import getpass
            import grp
            user, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
        (self.dir / 'imapd.conf').write_text(CYRUS_IMAPD.format(dir=self.dir, fast=self.fast, user=user, group=group))
        (self.dir / 'cyrus.conf').write_text(CYRUS_CONF.format(dir=self.dir, bin=self.bin, **self.ports))
        for i in range(users):
            subprocess.run([str(self.saslpasswd), '-p', '-c', '-u', 'localhost', '-f', str(self.dir / 'sasldb2'), 'u%d' % i],
                           input=PASSWORD.encode(), check=True, stdout=subprocess.DEVNULL, env=self.env)
        if os.getuid() == 0:
            for path in [self.dir, self.fast, *self.dir.rglob('*'), *self.fast.rglob('*')]:
                os.chown(path, NOBODY, NOBODY)

    def run(self, durable=True):
        nosync = Path(os.environ['BARID']).parent / 'bench' / 'libbench-nosync.so'
        env = self.env if durable or not nosync.exists() else dict(self.env, LD_PRELOAD=str(nosync))
        self.launch([str(self.bin / 'master'), '-C', str(self.dir / 'imapd.conf'), '-M', str(self.dir / 'cyrus.conf'),
                     '-p', str(self.dir / 'master.pid')], env=env)


SERVERS = {'barid': BenchBarid, 'dovecot': BenchDovecot, 'cyrus': BenchCyrus}


def tidy(server):
    server.stop()
    server.account_group().leave()
    if hasattr(server, 'fast'):
        shutil.rmtree(server.fast, ignore_errors=True)
    shutil.rmtree(server.dir, ignore_errors=True)


__all__ = ['SERVERS', 'PORTS', 'ServerError', 'tidy']
