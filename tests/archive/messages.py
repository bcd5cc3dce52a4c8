"""The 200 messages: in many languages and charsets, deep, broken, empty and large. No random numbers but a generator
with a fixed seed; no clock."""
import base64
import quopri
import random
import re

COUNT = 200
START = 1_000_000_000  # 9 September 2001; each message has a date of its own, up to 2026
FLAGS = ('\\Seen', '\\Answered', '\\Flagged', '\\Draft')

TEXTS = (
    ('arabic', 'السلام عليكم ورحمة الله. وصلت رسالتك أمس، وسأجيب عنها غدًا إن شاء الله.', ('windows-1256', 'iso-8859-6', 'utf-8')),
    ('persian', 'با سلام، نامهٔ شما رسید؛ گزارش را می‌فرستم.', ('utf-8',)),
    ('urdu', 'آپ کا خط مل گیا ہے، شکریہ۔', ('utf-8',)),
    ('hebrew', 'שלום, המכתב שלך הגיע אתמול.', ('iso-8859-8', 'windows-1255', 'utf-8')),
    ('chinese', '您好，来信收到，报告随后寄出。', ('gb2312', 'gbk', 'gb18030', 'utf-8')),
    ('taiwan', '您好，來信收到，報告隨後寄出。', ('big5', 'utf-8')),
    ('japanese', 'こんにちは。お手紙ありがとうございました。', ('iso-2022-jp', 'shift_jis', 'euc-jp', 'utf-8')),
    ('korean', '안녕하세요. 편지를 잘 받았습니다.', ('euc-kr', 'utf-8')),
    ('russian', 'Здравствуйте, письмо получено.', ('koi8-r', 'windows-1251', 'iso-8859-5', 'utf-8')),
    ('greek', 'Γεια σας, το γράμμα έφτασε.', ('iso-8859-7', 'utf-8')),
    ('french', 'Bonjour, votre lettre est arrivée dès hier, où étiez-vous ?', ('iso-8859-1', 'windows-1252', 'utf-8')),
    ('turkish', 'Merhaba, mektubunuz dün ulaştı, teşekkür ederim.', ('iso-8859-9', 'utf-8')),
)


class Mail:
    def __init__(self, name, data):
        self.name, self.data = name, data
        self.date, self.flags = 0, []

    @property
    def wire(self):
        """As IMAP and POP3 show it."""
        return re.sub(rb'(?<!\r)\n', b'\r\n', self.data)


def encoded_word(text, charset, how):
    raw = text.encode(charset)
    if how == 'b':
        return '=?%s?B?%s?=' % (charset, base64.b64encode(raw).decode())
    return '=?%s?Q?%s?=' % (charset, ''.join('=%02X' % b for b in raw))


def head(subject, *more, name='Sender'):
    lines = ['From: %s <sender@example.net>' % name, 'To: someone@example.org', 'Subject: %s' % subject,
             'Date: Mon, 02 Nov 2026 09:00:00 +0000', 'Message-ID: <%08x@example.net>' % (abs(hash_of(subject))), *more]
    return '\n'.join(lines).encode() + b'\n'


def hash_of(text):
    value = 2166136261
    for b in text.encode():
        value = (value ^ b) * 16777619 % 2**32
    return value


def body(raw, cte):
    if cte == 'base64':
        return base64.encodebytes(raw)
    if cte == 'quoted-printable':
        return quopri.encodestring(raw)
    return raw


def in_languages():
    """Every language in each of its charsets and encodings."""
    for name, text, charsets in TEXTS:
        for charset in charsets:
            for cte in ('base64', 'quoted-printable', '7bit' if charset == 'iso-2022-jp' else '8bit'):
                raw = '\n'.join([text] * 4).encode(charset) + b'\n'
                top = head(encoded_word(text[:20], charset, 'b' if cte == 'base64' else 'q'), 'MIME-Version: 1.0',
                           'Content-Type: text/plain; charset=%s' % charset, 'Content-Transfer-Encoding: %s' % cte,
                           name=encoded_word(text[:5], charset, 'b'))
                yield '%s-%s-%s' % (name, charset, cte), top + b'\n' + body(raw, cte)


def nested(depth, kind='mixed'):
    inner = b'Content-Type: text/plain\n\nat the bottom\n'
    for level in range(depth):
        mark = b'b%d' % level
        inner = b'Content-Type: multipart/%s; boundary="%s"\n\npreamble\n--%s\nContent-Type: text/plain\n\nlevel %d\n--%s\n%s\n--%s--\nepilogue\n' % (
            kind.encode(), mark, mark, level, mark, inner, mark)
    return head('deep %d' % depth, 'MIME-Version: 1.0') + inner


def forwarded(depth):
    inner = head('the innermost') + b'\ntext\n'
    for level in range(depth):
        inner = head('forward %d' % level, 'MIME-Version: 1.0', 'Content-Type: message/rfc822') + b'\n' + inner
    return inner


def attachment(size, seed):
    raw = random.Random(seed).randbytes(size)
    return head('an attachment of %d bytes' % size, 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=att') + \
        b'\n--att\nContent-Type: text/plain; charset=utf-8\n\n' + 'مرفق\n'.encode() + \
        b'--att\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n' + \
        b"Content-Disposition: attachment; filename*=utf-8''%D9%85%D9%84%D9%81.bin\n\n" + base64.encodebytes(raw) + b'--att--\n'


def structured():
    for depth in (1, 2, 5, 20, 60, 150):
        yield 'deep-%d' % depth, nested(depth)
    for depth in (1, 3, 30):
        yield 'forwarded-%d' % depth, forwarded(depth)
    for kind in ('alternative', 'related', 'digest', 'report', 'signed', 'x-unknown'):
        yield 'multipart-' + kind, nested(3, kind)
    parts = b''.join(b'--w\nContent-Type: text/plain\n\npart %d\n' % n for n in range(1500))
    yield 'wide-1500', head('wide', 'Content-Type: multipart/mixed; boundary=w') + b'\n' + parts + b'--w--\n'
    for size in (0, 1, 1000, 70_000, 1_000_000, 10_000_000):
        yield 'attachment-%d' % size, attachment(size, size)


def broken():
    multi = 'Content-Type: multipart/mixed; boundary=cut'
    yield 'boundary-missing', head('no boundary', 'Content-Type: multipart/mixed') + b'\n--x\n\ntext\n--x--\n'
    yield 'boundary-never-opened', head('never opened', multi) + b'\njust text\n'
    yield 'boundary-never-closed', head('never closed', multi) + b'\n--cut\n\ntext\n--cut\nContent-Type: text/html\n\n<p>'
    yield 'boundary-empty', head('empty boundary', 'Content-Type: multipart/mixed; boundary=""') + b'\n--\n\nx\n----\n'
    yield 'boundary-same-twice', head('same', multi) + b'\n--cut\n' + multi.encode() + b'\n\n--cut\n\na\n--cut--\n--cut--\n'
    yield 'boundary-long', head('long', 'Content-Type: multipart/mixed; boundary=' + 'b' * 3000) + b'\n--' + b'b' * 3000 + b'\n\nx\n'
    yield 'header-no-colon', b'From: a@example.net\nthis is no field\nSubject: x\n\ntext\n'
    yield 'header-space-before-colon', b'Subject : spaced\nFrom : a@example.net\n\ntext\n'
    yield 'header-empty-name', b': nameless\nSubject: x\n\ntext\n'
    yield 'header-fold-first', b' folded from nothing\nSubject: x\n\ntext\n'
    yield 'header-fold-empty', b'Subject: x\n \n\t\n y\n\ntext\n'
    yield 'header-8bit-utf8', 'Subject: موضوع بلا ترميز\nFrom: مرسل <a@example.net>\n\nنص\n'.encode()
    yield 'header-8bit-cp1256', 'Subject: موضوع\nFrom: مرسل <a@example.net>\n\nنص\n'.encode('cp1256')
    yield 'header-8bit-gbk', 'Subject: 主题\nFrom: 发件人 <a@example.net>\n\n正文\n'.encode('gbk')
    yield 'header-8bit-bad', b'Subject: \xff\xfe\xc3\x28\nFrom: \x80\x81 <a@example.net>\n\n\xff\n'
    yield 'header-many', b''.join(b'X-Field-%d: value\n' % n for n in range(3000)) + b'Subject: many\n\ntext\n'
    yield 'header-long', b'Subject: ' + b'long ' * 20000 + b'\nFrom: a@example.net\n\ntext\n'
    yield 'header-long-folded', b'Subject: x' + b'\n word' * 5000 + b'\n\ntext\n'
    yield 'header-addresses', b'To: ' + b', '.join(b'u%d@example.org' % n for n in range(2000)) + b'\nSubject: to many\n\nx\n'
    yield 'header-addresses-broken', b'From: <<>>, "unclosed <a@b, (comment (deep\nTo: group: a@b, c;, @, <@r:x@y>\nSubject: x\n\nx\n'
    yield 'header-comments', b'From: ' + b'(' * 3000 + b'a@example.net\nSubject: x\n\nx\n'
    yield 'header-twice', b'Subject: one\nSubject: two\nFrom: a@b\nFrom: c@d\nDate: x\nDate: y\n\ntext\n'
    yield 'encoded-word-broken', b'Subject: =?utf-8?B?!!!?= =?x-none?Q?=ZZ?= =?utf-8?Q?unclosed =?=?=\n\ntext\n'
    yield 'content-type-broken', head('x', 'Content-Type: ;;; charset==; =x; a=b=c; boundary') + b'\ntext\n'
    yield 'content-type-twice', head('x', 'Content-Type: text/html', multi) + b'\n--cut\n\nx\n--cut--\n'
    yield 'content-type-nul', head('x', 'Content-Type: text/plain; charset="a') + b'\x00b"\n\ntext\n'
    yield 'base64-broken', head('x', 'Content-Transfer-Encoding: base64') + b'\n=AAA!\nQQ\n====\nQUJD'
    yield 'quoted-printable-broken', head('x', 'Content-Transfer-Encoding: quoted-printable') + b'\n=\n=Z\n==3D\nend='
    yield 'parameter-rfc2231', head('x', "Content-Type: text/plain; name*0*=utf-8'ar'%D9; name*1*=%85; name*9=x") + b'\nx\n'


def odd_bytes():
    yield 'empty', b''
    yield 'one-byte', b'x'
    yield 'only-line-end', b'\n'
    yield 'only-blank-lines', b'\n\n\n\n'
    yield 'header-only', b'Subject: header only\nFrom: a@example.net\n'
    yield 'header-only-no-end', b'Subject: header only'
    yield 'header-and-blank', b'Subject: nothing follows\n\n'
    yield 'body-only', b'\njust a body\n'
    yield 'no-last-line-end', head('no line end') + b'\nlast line'
    yield 'nul', head('nul') + b'\nbefore\x00after\n\x00\n'
    yield 'nul-in-header', b'Subject: a\x00b\nFrom: a@example.net\n\ntext\n'
    yield 'bare-cr', head('bare cr') + b'\none\rtwo\r\rthree\n\r \n'
    yield 'crlf-in-file', head('crlf') + b'\nline\r\nline\nline\r\n'
    yield 'cr-at-end', head('cr at end') + b'\ntext\r'
    yield 'control-characters', head('controls') + b'\n' + bytes(b for b in range(1, 32) if b not in (10, 13)) + b'\x7f\n'
    yield 'all-bytes', head('all bytes', 'Content-Transfer-Encoding: binary') + b'\n' + bytes(b for b in range(256) if b != 13) * 3 + b'\n'
    yield 'dots', head('dots') + b'\n.\n..\n...\n.x\n.\n'
    yield 'from-lines', head('from') + b'\nFrom the start\n>From quoted\n>>From twice\nFrom a@b Thu Jan  1 00:00:00 1970\n'
    yield 'long-line-998', head('998') + b'\n' + b'a' * 998 + b'\n'
    yield 'long-line-9000', head('9000') + b'\n' + b'a' * 9000 + b'\n'
    yield 'long-line-1m', head('one line') + b'\n' + b'a' * 1_000_000
    yield 'many-lines', head('short lines') + b'\n' + b'\n' * 100_000
    yield 'boundary-like', head('dashes') + b'\n' + b'--\n---\n----\n' * 100
    yield 'literal-like', head('{10}') + b'\n{10}\n{5+}\na OK done\n* BYE\n+OK\n-ERR\n)\n'
    yield 'byte-order-mark', b'\xef\xbb\xbf' + head('bom') + b'\ntext\n'
    yield 'utf-16', head('utf-16', 'Content-Type: text/plain; charset=utf-16') + b'\n' + 'نص'.encode('utf-16') + b'\n'


def ordinary(count):
    """Letters as people write them, of sizes from one line to 60 KB."""
    r = random.Random(1446)
    words = [w for _, text, _ in TEXTS for w in text.split()] + 'the report is due on Monday and here it comes'.split()
    for n in range(count):
        lines = [' '.join(r.choice(words) for _ in range(r.randint(3, 9))) for _ in range(2 ** r.randint(0, 9))]
        more = ['MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit']
        if n % 3:
            more.append('In-Reply-To: <%08x@example.net>' % hash_of('letter %d' % (n - 1)))
        yield 'letter-%d' % n, head('letter %d' % n, *more) + b'\n' + '\n'.join(lines).encode() + b'\n'


def messages():
    found = [Mail(*item) for part in (in_languages, structured, broken, odd_bytes) for item in part()]
    found += [Mail(*item) for item in ordinary(COUNT - len(found))]
    assert len(found) == COUNT and len({m.name for m in found}) == COUNT
    for n, mail in enumerate(found):
        mail.date = START + n * 3_950_000 + n % 60
        mail.flags = [flag for bit, flag in enumerate(FLAGS) if n >> bit & 1]
    return found
