"""What tests put into an account and expect to find there, by the plainest means: imaplib and smtplib."""
import imaplib
import re
import smtplib
import ssl
from email import policy
from email.message import EmailMessage

imaplib._MAXLINE = 20_000_000
ARABIC_SUBJECT = 'أهلًا بك في بريد'
ARABIC_TEXT = 'رسالة مكتوبة بالعربية، مشفوعة بـ English في وسطها.'
ARABIC_FOLDER = 'البريد القديم'


def message(subject='plain', text='hello\n', to='someone@example.org', charset='utf-8', cte='base64', **headers):
    m = EmailMessage(policy=policy.SMTP)
    m['From'] = 'Sender <sender@example.net>'
    m['To'] = to
    m['Subject'] = subject
    m['Date'] = 'Mon, 02 Nov 2026 09:00:00 +0000'
    m['Message-ID'] = '<%s@example.net>' % re.sub(r'\W', '.', subject.encode('ascii', 'xmlcharrefreplace').decode())
    for name, value in headers.items():
        m[name.replace('_', '-')] = value
    m.set_content(text, charset=charset, cte=cte if not text.isascii() else '7bit')
    return m.as_bytes()


def welcome():
    return message(ARABIC_SUBJECT, ARABIC_TEXT + '\n')


def big(size, subject='big'):
    line = b'0123456789abcdefghijklmnopqrstuvwxyz.0123456789abcdefghijklmnopqrstuvw\r\n'
    return b'From: a@example.net\r\nSubject: %s\r\n\r\n' % subject.encode() + line * (size // len(line))


def utf7(name):
    """RFC 3501 §5.1.3."""
    def shift(match):
        return '&' + match[0].encode('utf-7').decode()[1:].rstrip('-').replace('/', ',') + '-'
    return re.sub(r'[^\x20-\x7e]+', shift, name.replace('&', '&-'))


def lenient():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Post:
    def __init__(self, server, account):
        self.server, self.account, self.clients = server, account, []

    def imap(self, mailbox=None, tls=False):
        port = self.server.ports['imaps' if tls else 'imap']
        c = imaplib.IMAP4_SSL('127.0.0.1', port, ssl_context=lenient(), timeout=30) if tls \
            else imaplib.IMAP4('127.0.0.1', port, timeout=30)
        self.clients.append(c)
        c.login(self.account.user, self.account.password)
        if mailbox:
            assert c.select('"%s"' % utf7(mailbox))[0] == 'OK'
        return c

    def deliver(self, *messages, to=None):
        with smtplib.LMTP('127.0.0.1', self.server.ports['lmtp'], timeout=30) as lmtp:
            for m in messages:
                assert lmtp.sendmail('sender@example.net', to or [self.account.address], m) == {}

    def append(self, *messages, mailbox='INBOX', flags='', date=None):
        c = self.imap()
        for m in messages:
            kind, text = c.append('"%s"' % utf7(mailbox), flags, date, m)
            assert kind == 'OK', text
        c.logout()

    def create(self, *names):
        c = self.imap()
        for name in names:
            assert c.create('"%s"' % utf7(name))[0] == 'OK'
        c.logout()

    def look(self, mailbox='INBOX'):
        """[(UID, set of flags without \\Recent, bytes)] of a mailbox."""
        c = self.imap()
        assert c.select('"%s"' % utf7(mailbox), readonly=True)[0] == 'OK'
        found = []
        kind, data = c.uid('FETCH', '1:*', '(UID FLAGS BODY.PEEK[])')
        assert kind == 'OK', data
        for item in data or ():
            if not isinstance(item, tuple):
                continue
            head = item[0].decode()
            flags = set(re.search(r'FLAGS \(([^)]*)\)', head)[1].split()) - {'\\Recent'}
            found.append((int(re.search(r'UID (\d+)', head)[1]), flags, item[1]))
        c.logout()
        return found

    def subjects(self, mailbox='INBOX'):
        return [re.search(rb'(?im)^subject: *(.*?)\r?$', raw)[1].decode() for _, _, raw in self.look(mailbox)]

    def mailboxes(self):
        c = self.imap()
        names = [line.decode().rsplit(' "/" ', 1)[1].strip('"') for line in c.list()[1]]
        c.logout()
        return names

    def close(self):
        for c in self.clients:
            try:
                c.shutdown()
            except OSError:
                pass
