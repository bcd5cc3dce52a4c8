"""Messages of every structure of RFC 2045-2049, 2231, 2183 and 6532, and broken ones as they are met: the same each time. Each has a name
"family/what", by which differences between servers are listed."""
import base64
import quopri
import random

HEAD = b'From: Anna <anna@example.net>\r\nTo: ben@example.org\r\nSubject: %s\r\nDate: Mon, 02 Nov 2026 09:00:00 +0000\r\nMessage-ID: <%s@example.net>\r\n'
MIME = b'MIME-Version: 1.0\r\n'
LANGUAGES = {
    'arabic': ('أهلًا وسهلًا بكم في البريد، كيف حالكم اليوم؟', 'مرحبا', ['utf-8', 'iso-8859-6', 'windows-1256']),
    'hebrew': ('שלום עולם, מה שלומך היום?', 'שלום', ['utf-8', 'iso-8859-8', 'windows-1255']),
    'persian': ('سلام، حال شما چطور است؟ نامه‌ای فارسی', 'سلام', ['utf-8']),
    'chinese': ('你好，世界。这是一封中文邮件。', '你好', ['utf-8', 'gb2312', 'gbk', 'gb18030']),
    'taiwan': ('您好，這是一封中文信件。', '您好', ['utf-8', 'big5']),
    'japanese': ('こんにちは、世界。日本語のメールです。', '日本語', ['utf-8', 'iso-2022-jp', 'shift_jis', 'euc-jp']),
    'korean': ('안녕하세요, 한국어 편지입니다.', '안녕', ['utf-8', 'euc-kr']),
    'russian': ('Привет, это русское письмо.', 'Привет', ['utf-8', 'koi8-r', 'windows-1251', 'iso-8859-5']),
    'greek': ('Καλημέρα κόσμε', 'Καλημέρα', ['utf-8', 'iso-8859-7']),
    'french': ('Un été à l’hôtel', 'été', ['utf-8', 'windows-1252']),
    'thai': ('สวัสดีชาวโลก', 'สวัสดี', ['utf-8', 'tis-620']),
}


def head(name, subject=None):
    return HEAD % (subject or name.encode(), name.replace('/', '.').replace(' ', '-').encode())


def part(body=b'a part\r\n', kind=b'text/plain', *fields):
    return b'Content-Type: ' + kind + b'\r\n' + b''.join(f + b'\r\n' for f in fields) + b'\r\n' + body


def multi(parts, boundary=b'b1', kind=b'mixed', preamble=b'', epilogue=b'', parameters=b''):
    """The fields and the body of a multipart."""
    body = preamble + b''.join(b'--' + boundary + b'\r\n' + p + b'\r\n' for p in parts) + b'--' + boundary + b'--\r\n' + epilogue
    return b'Content-Type: multipart/' + kind + b'; boundary="' + boundary + b'"' + parameters + b'\r\n', body


def whole(name, fields=b'', body=b'a line\r\n', mime=MIME, subject=None):
    return name, head(name, subject) + mime + fields + b'\r\n' + body


def nested(depth, leaf=b'deep\r\n', kind=b'mixed'):
    entity = part(leaf)
    for level in range(depth):
        fields, body = multi([entity, part(b'beside %d\r\n' % level)], b'level%d' % level, kind)
        entity = fields + b'\r\n' + body
    return entity


def structures():
    two = [part(b'one\r\n'), part(b'<p>two\r\n', b'text/html; charset=us-ascii')]
    for kind in ('mixed', 'alternative', 'related', 'digest', 'parallel', 'report', 'signed', 'encrypted', 'x-unknown', 'form-data'):
        for name, options in (('plain', {}), ('preamble', {'preamble': b'This is a MIME message.\r\n'}), ('epilogue', {'epilogue': b'after it\r\n'}),
                              ('parameters', {'parameters': b';\r\n\ttype="text/html"; start="<a@b>"; charset=utf-8'})):
            yield whole('structure/%s %s' % (kind, name), *multi(two, kind=kind.encode(), **options))
    for count in (0, 1, 3, 40):
        yield whole('structure/%d parts' % count, *multi([part(b'part %d\r\n' % n) for n in range(count)]))
    for depth in (2, 3, 5, 10, 20, 30):
        name = 'structure/nested %d' % depth
        yield name, head(name) + MIME + nested(depth)
    for kind in (b'image/png; name=a.png', b'application/octet-stream', b'audio/basic', b'video/mp4', b'application/pdf; name="\xd8\xa7.pdf"',
                 b'text/calendar; method=REQUEST', b'application/pkcs7-mime; smime-type=enveloped-data', b'font/woff', b'model/vrml', b'x-a/x-b'):
        data = base64.encodebytes(bytes(range(256)) * 2).replace(b'\n', b'\r\n')
        yield whole('structure/single %s' % kind.split(b';')[0].decode(), b'Content-Type: ' + kind + b'\r\nContent-Transfer-Encoding: base64\r\n', data)
        yield whole('structure/attached %s' % kind.split(b';')[0].decode(), *multi([part(), part(
            data, kind, b'Content-Transfer-Encoding: base64', b'Content-Disposition: attachment; filename=x; size=512',
            b'Content-ID: <c@d>', b'Content-Description: what it is', b'Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==',
            b'Content-Language: ar, en', b'Content-Location: http://example.org/x')]))
    yield whole('structure/empty parts', *multi([b'', b'\r\n', b'\r\nno fields\r\n', b'Content-Type: text/html\r\n']))
    yield whole('structure/empty body', b'Content-Type: text/plain\r\n', b'')
    yield whole('structure/no mime version', b'Content-Type: text/html; charset=utf-8\r\n', mime=b'')


def messages():
    inner = head('inner') + b'\r\ninside\r\n'
    for depth in (1, 2, 3, 8, 15):
        entity = inner
        for level in range(depth):
            entity = head('level %d' % level) + MIME + b'Content-Type: message/rfc822\r\n\r\n' + entity
        yield 'message/nested %d' % depth, entity
    for name, entity in (
            ('in mixed', multi([part(), part(inner, b'message/rfc822')])), ('digest', multi([b'\r\n' + inner, b'\r\n' + inner], kind=b'digest')),
            ('digest of text', multi([part(b'text\r\n'), b'\r\n' + inner], kind=b'digest')),
            ('with disposition', multi([part(inner, b'message/rfc822; name=x.eml', b'Content-Disposition: attachment')])),
            ('base64', multi([part(base64.encodebytes(inner).replace(b'\n', b'\r\n'), b'message/rfc822', b'Content-Transfer-Encoding: base64')])),
            ('quoted-printable', multi([part(inner, b'message/rfc822', b'Content-Transfer-Encoding: quoted-printable')])),
            ('empty', multi([part(b'', b'message/rfc822')])), ('only fields', multi([part(b'Subject: x\r\n', b'message/rfc822')])),
            ('only a body', multi([part(b'\r\nno fields\r\n', b'message/rfc822')])),
            ('of a multipart', multi([part(head('in') + b''.join([a + b'\r\n' + b for a, b in [multi([part(), part()], b'b2')]]), b'message/rfc822')])),
            ('global', multi([part('Subject: أهلًا\r\n\r\nنص\r\n'.encode(), b'message/global')])),
            ('partial', (b'Content-Type: message/partial; id="a@b"; number=1; total=2\r\n', inner)),
            ('external-body', (b'Content-Type: message/external-body; access-type=URL; URL="http://example.org/"\r\n',
                               b'Content-Type: image/png\r\nContent-ID: <x@y>\r\n\r\n')),
            ('delivery-status', multi([part(), part(b'Reporting-MTA: dns; a\r\n\r\nFinal-Recipient: rfc822; b@c\r\nAction: failed\r\n',
                                                     b'message/delivery-status'), part(inner, b'text/rfc822-headers')], kind=b'report')),
            ('disposition', multi([part(), part(b'Disposition: automatic; displayed\r\n', b'message/disposition-notification')], kind=b'report'))):
        yield whole('message/' + name, *entity)
    for name, text in (('without blank line', b'Subject: x\r\nTo: y@z\r\n'), ('with from line', b'From someone Mon Nov 2 09:00:00 2026\r\nSubject: x\r\n\r\nx\r\n'),
                       ('no date', b'Subject: x\r\n\r\nx\r\n')):
        yield whole('message/inner ' + name, *multi([part(text, b'message/rfc822')]))


def types():
    rows = [b'text/plain', b'TEXT/PLAIN', b'text / plain', b'text/plain;', b'text/plain; ', b'text/plain;charset=utf-8', b'text/plain; charset = utf-8',
            b'text/plain; charset="utf-8"', b"text/plain; charset='utf-8'", b'text/plain; charset=utf-8 (comment)', b'(comment) text/plain', b'text',
            b'text/', b'/plain', b'', b' ', b'plain', b'text/plain/extra', b'text plain', b'text/plain charset=utf-8', b'text/plain, charset=utf-8',
            b'text/plain; charset=utf-8; charset=latin1', b'text/plain; charset', b'text/plain; charset=', b'text/plain; =utf-8', b'text/plain; charset=""',
            b'text/plain; name=a b c.txt', b'text/plain; name="a b c.txt"', b'text/plain; name="a \\"b\\" c.txt"', b'text/plain; name="unclosed.txt',
            b'text/plain; name=a;b.txt', b'text/plain; name="a;b.txt"; x=y', b'text/plain; name="a\\\\b.txt"', b'text/plain;\r\n charset=utf-8;\r\n\tname=x',
            b'text/plain;\r\n\r\n charset=utf-8', b'text/plain; format=flowed; delsp=yes', b'text/plain; charset=unknown-8bit', b'text/plain; charset=x-nothing',
            b'text/plain; name=\xd8\xa8\xd8\xb1\xd9\x8a\xd8\xaf.txt', b'text/plain; name="\xe9t\xe9.txt"', b'text/plain; name="=?utf-8?B?2KjYsdmK2K8=?="',
            b"text/plain; name*=utf-8''%D8%A8%D8%B1%D9%8A%D8%AF.txt", b"text/plain; name*=utf-8'ar'%D8%A8.txt", b"text/plain; name*0=one; name*1=two",
            b"text/plain; name*0*=utf-8''%D8%A8; name*1*=%D8%B1; name*2=.txt", b"text/plain; name*1=two; name*0=one", b'text/plain; name*0=one; name*2=three',
            b"text/plain; name*=us-ascii'en'%zz", b"text/plain; name*=broken", b"text/plain; name*0*=utf-8''a; name=b", b'text/plain; a=1; b=2; c=3; d=4; e=5',
            b'text/html; charset=utf-8; charset*=utf-8', b'multipart/mixed', b'multipart/mixed; boundary=', b'multipart/mixed; boundary=""',
            b'message/rfc822; charset=utf-8', b'text/plain; charset=us-ascii; ; ;name=x', b'text/plain; (comment) charset=utf-8',
            b'text/plain; charset=(comment)utf-8', b'text/plain; charset="utf-8', b'text/plain\\; charset=utf-8', b'text/plain\x0b; charset=utf-8',
            b'application/x-' + b'long' * 30, b'text/plain; name=' + b'x' * 500, b'text/plain; name="' + b'y z' * 300 + b'"']
    for n, row in enumerate(rows):
        yield whole('type/%02d %s' % (n, row[:40].decode('ascii', 'replace').replace('\r\n', ' ')), b'Content-Type: ' + row + b'\r\n', subject=b'type %d' % n)
    yield whole('type/twice', b'Content-Type: text/plain\r\nContent-Type: text/html\r\n')
    yield whole('type/lower case', b'content-type: text/html; CHARSET=UTF-8\r\n')
    dispositions = [b'inline', b'attachment', b'ATTACHMENT; FILENAME=x', b'attachment; filename="a b.txt"', b'attachment; filename=a b.txt', b'attachment;',
                    b'', b'x-own; a=b', b'attachment; filename*=utf-8\'\'%E4%BD%A0.txt', b'attachment; filename*0="very long "; filename*1="name.txt"',
                    b'attachment; filename="=?utf-8?Q?=D8=A8?="', b'attachment; filename="\xd8\xa8.txt"', b'attachment; creation-date="Wed, 12 Feb 1997 16:29:51 -0500"; size=12',
                    b'attachment filename=x', b'"attachment"; filename=x', b'(c) inline', b'attachment; filename=/etc/passwd', b'attachment; filename="C:\\\\x.txt"']
    for n, row in enumerate(dispositions):
        yield whole('disposition/%02d' % n, b'Content-Type: text/plain\r\nContent-Disposition: ' + row + b'\r\n')
    for n, row in enumerate([b'7bit', b'8BIT', b'Base64', b'quoted-printable', b'binary', b'x-uuencode', b'unknown', b'', b' base64 ', b'base64 (comment)', b'"base64"',
                             b'base64;', b'quoted-printable; x=y', b'8 bit', b'7-bit']):
        yield whole('encoding/%02d' % n, b'Content-Type: text/plain\r\nContent-Transfer-Encoding: ' + row + b'\r\n', b'aGVsbG8=\r\n')
    for n, row in enumerate([b'en', b'en, ar', b'en ar', b'(c) en', b'', b'en,', b'"en"', b'zh-Hans, fa']):
        yield whole('language/%02d' % n, b'Content-Type: text/plain\r\nContent-Language: ' + row + b'\r\n')
    for n, row in enumerate([b'<a@b>', b'a@b', b'', b'<a b>', b'<a@b> (c)', b'<a@\r\n b>']):
        yield whole('id/%02d' % n, b'Content-Type: text/plain\r\nContent-ID: ' + row + b'\r\nContent-Description: ' + row + b'\r\nContent-MD5: ' + row +
                    b'\r\nContent-Location: ' + row + b'\r\n')


def charsets():
    for language, (text, word, names) in LANGUAGES.items():
        for charset in names:
            raw = text.encode(charset, 'replace')
            fields = b'Content-Type: text/plain; charset=' + charset.encode()
            encoded_word = b'=?%s?B?%s?=' % (charset.encode(), base64.b64encode(word.encode(charset, 'replace')))
            q = b'=?%s?Q?%s?=' % (charset.encode(), b''.join(b'=%02X' % c for c in word.encode(charset, 'replace')))
            lines = raw + b'\r\n'
            for encoding, body in (('base64', base64.encodebytes(lines).replace(b'\n', b'\r\n')), ('quoted-printable', quopri.encodestring(lines)),
                                   ('8bit', lines)):
                yield whole('charset/%s %s %s' % (language, charset, encoding), fields + b'\r\nContent-Transfer-Encoding: ' + encoding.encode() + b'\r\n',
                            body, subject=encoded_word if encoding == 'base64' else q)
        yield whole('charset/%s raw header' % language, b'Content-Type: text/plain; charset=utf-8\r\nX-Note: ' + text.encode() + b'\r\n',
                    text.encode() + b'\r\n', subject=text.encode())
        yield whole('charset/%s wrong' % language, b'Content-Type: text/plain; charset=us-ascii\r\n', text.encode() + b'\r\n')
        yield ('charset/%s addresses' % language, b'From: "%s" <anna@example.net>\r\nTo: %s <ben@example.org>, %s@example.org\r\nSubject: x\r\n\r\nx\r\n' % (
            word.encode(), word.encode(), word.encode()))
    for n, row in enumerate([b'=?utf-8?B?2KjYsdmK2K8=?= =?utf-8?B?2KjYsdmK2K8=?=', b'=?utf-8?B?broken', b'=?utf-8?X?abc?=', b'=?utf-8??abc?=', b'=??B?abc?=',
                             b'=?utf-8?B?2KjYsdmK2K8?=', b'=?utf-8*ar?B?2Kg=?=', b'a=?utf-8?Q?b?=c', b'=?utf-8?Q?a b?=', b'=?utf-8?q?=d8=a8?=', b'=?utf-8?Q?=ZZ?=',
                             b'=?utf-8?B?2A==?= =?utf-8?B?qA==?=', b'=?iso-8859-1?Q?=E9t=E9?=\r\n =?utf-8?Q?_x?=', b'=?utf-7?Q?+AGE-?=', b'"=?utf-8?Q?quoted?="']):
        yield whole('word/%02d' % n, subject=row)


def boundaries():
    inner = b'--b1\r\nContent-Type: text/plain\r\n\r\none\r\n--b1\r\n\r\ntwo\r\n'
    kind = b'Content-Type: multipart/mixed; boundary=b1\r\n'
    rows = {
        'not terminated': (kind, inner), 'no line end at the end': (kind, inner + b'--b1--'), 'missing parameter': (b'Content-Type: multipart/mixed\r\n', inner),
        'never met': (kind, b'nothing of it\r\n'), 'only the end': (kind, b'--b1--\r\n'), 'end first': (kind, b'--b1--\r\n' + inner + b'--b1--\r\n'),
        'blanks after': (kind, inner.replace(b'--b1\r\n', b'--b1  \t\r\n') + b'--b1-- \r\n'), 'text after': (kind, inner.replace(b'--b1\r\n', b'--b1x\r\n') + b'--b1--\r\n'),
        'text after end': (kind, inner + b'--b1--x\r\nmore\r\n'), 'indented': (kind, inner.replace(b'--b1', b' --b1')), 'three dashes': (kind, inner + b'---b1\r\n--b1--\r\n'),
        'twice': (kind, inner + b'--b1--\r\n' + inner + b'--b1--\r\n'), 'empty lines': (kind, b'\r\n\r\n--b1\r\n\r\n\r\n\r\n--b1\r\n\r\n--b1--\r\n\r\n\r\n'),
        'adjacent': (kind, b'--b1\r\n--b1\r\n--b1--\r\n'), 'fields only': (kind, b'--b1\r\nContent-Type: text/html\r\n--b1--\r\n'),
        'fields to the end': (kind, b'--b1\r\nContent-Type: text/html\r\n'), 'case': (b'Content-Type: multipart/mixed; boundary=B1\r\n', inner + b'--b1--\r\n'),
        'long': (b'Content-Type: multipart/mixed; boundary="' + b'x' * 70 + b'"\r\n', inner.replace(b'b1', b'x' * 70) + b'--' + b'x' * 70 + b'--\r\n'),
        'too long': (b'Content-Type: multipart/mixed; boundary="' + b'x' * 200 + b'"\r\n', inner.replace(b'b1', b'x' * 200) + b'--' + b'x' * 200 + b'--\r\n'),
        'specials': (b'Content-Type: multipart/mixed; boundary="a:b/c=?(d)"\r\n', inner.replace(b'b1', b'a:b/c=?(d)') + b'--a:b/c=?(d)--\r\n'),
        'unquoted specials': (b'Content-Type: multipart/mixed; boundary=----=_a:b\r\n', inner.replace(b'b1', b'----=_a:b') + b'------=_a:b--\r\n'),
        'blanks inside': (b'Content-Type: multipart/mixed; boundary="a b"\r\n', inner.replace(b'b1', b'a b') + b'--a b--\r\n'),
        'blank at its end': (b'Content-Type: multipart/mixed; boundary="b1 "\r\n', inner + b'--b1--\r\n'),
        'extended': (b"Content-Type: multipart/mixed; boundary*0=b; boundary*1=1\r\n", inner + b'--b1--\r\n'),
        'two given': (b'Content-Type: multipart/mixed; boundary=b1; boundary=b2\r\n', inner + b'--b1--\r\n'),
        'starts like another': multi([b''.join([a + b'\r\n' + b for a, b in [multi([part(), part()], b'b1b')]]), part()]),
        'is start of another': multi([b''.join([a + b'\r\n' + b for a, b in [multi([part(), part()], b'b')]]), part()]),
        'same inside': multi([b''.join([a + b'\r\n' + b for a, b in [multi([part(), part()], b'b1')]]), part()]),
        'inner not terminated': multi([b'Content-Type: multipart/mixed; boundary=b2\r\n\r\n--b2\r\n\r\ninner\r\n', part()]),
        'outer ends inside': (kind, b'--b1\r\nContent-Type: multipart/mixed; boundary=b2\r\n\r\n--b2\r\n\r\nx\r\n--b1--\r\n--b2--\r\n'),
        'encoded multipart': (kind + b'Content-Transfer-Encoding: base64\r\n', inner + b'--b1--\r\n'),
        'quoted-printable multipart': (kind + b'Content-Transfer-Encoding: quoted-printable\r\n', inner + b'--b1--\r\n'),
        'in a long line': (kind, b'x' * 2000 + b'--b1\r\n' + inner + b'--b1--\r\n'), 'after a bare CR': (kind, b'x\r--b1\r\n' + inner + b'--b1--\r\n'),
        'body of one octet': (kind, b'--b1\r\n\r\nx\r\n--b1--\r\n'), 'rfc822 not terminated': (kind, b'--b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny'),
    }
    for name, (fields, body) in rows.items():
        yield whole('boundary/' + name, fields, body)
        if name in ('not terminated', 'never met', 'blanks after', 'text after', 'twice', 'adjacent', 'inner not terminated', 'outer ends inside', 'fields only'):
            outer = multi([part(), fields + b'\r\n' + body, part(b'last\r\n')], b'outer')
            yield whole('boundary/nested ' + name, *outer)


def fields():
    plain = b'From: a@b.example\r\nSubject: x\r\n'
    rows = {
        'none': b'\r\nbody only\r\n', 'no body': plain, 'no body but its line': plain + b'\r\n', 'one octet': b'x', 'one line': b'x\r\n', 'two lines': b'no field\r\nat all\r\n',
        'only an empty line': b'\r\n', 'starts folded': b' folded\r\nSubject: x\r\n\r\ny\r\n', 'blank before colon': b'Subject : x\r\nTo\t: y@z\r\n\r\ny\r\n',
        'no blank after colon': b'Subject:x\r\nTo:y@z\r\n\r\ny\r\n', 'no colon in a line': b'Subject: x\r\nnothing here\r\nTo: y@z\r\n\r\ny\r\n',
        'empty values': b'Subject:\r\nFrom: \r\nTo:\t\r\nDate:\r\nMessage-ID:\r\n\r\ny\r\n', 'folded': b'Subject: a\r\n b\r\n\tc\r\n  d\r\n\r\ny\r\n',
        'folded and blank': b'Subject: a\r\n \r\n b\r\n\r\ny\r\n', 'folded first line empty': b'Subject:\r\n a\r\n\r\ny\r\n', 'mbox line': b'From a@b Mon Nov  2 09:00:00 2026\r\n' + plain + b'\r\ny\r\n',
        'mbox line later': plain + b'From a@b Mon Nov  2 09:00:00 2026\r\nTo: c@d\r\n\r\ny\r\n', 'quoted mbox line': b'>From a@b\r\n' + plain + b'\r\ny\r\n',
        'twice': b'Subject: one\r\nSubject: two\r\nFrom: a@b\r\nFrom: c@d\r\nTo: e@f\r\nTo: g@h\r\nDate: x\r\nDate: y\r\nMessage-ID: <1@x>\r\nMessage-ID: <2@x>\r\n\r\ny\r\n',
        'many': b''.join(b'X-Field-%d: value %d\r\n' % (n, n) for n in range(2000)) + plain + b'\r\ny\r\n', 'large': b'X-Large: ' + b'x' * 100000 + b'\r\n' + plain + b'\r\ny\r\n',
        'large and folded': b'X-Large: ' + b'\r\n '.join([b'word' * 15] * 2000) + b'\r\n' + plain + b'\r\ny\r\n', 'long subject': b'Subject: ' + b'word ' * 5000 + b'\r\n\r\ny\r\n',
        'long subject folded': b'Subject: ' + b'\r\n word'.join([b'x'] * 3000) + b'\r\n\r\ny\r\n', 'names of case': b'SUBJECT: x\r\nfrom: a@b\r\nMESSAGE-id: <x@y>\r\n\r\ny\r\n',
        'specials in names': b'X(a): b\r\nX"y: c\r\nX@z: d\r\n' + plain + b'\r\ny\r\n', 'latin1': b'Subject: \xe9t\xe9\r\nFrom: \xe9 <a@b>\r\n\r\n\xe9\r\n',
        'broken utf-8': b'Subject: \xd8\r\nFrom: "\xd8\xa8\xff" <a@b>\r\n\r\ny\r\n', 'controls': b'Subject: a\x01b\x07c\x7f\r\n' + b'\r\ny\r\n', 'tab in subject': b'Subject: a\tb\r\n\r\ny\r\n',
        'quotes in subject': b'Subject: a "b" \\c\r\n\r\ny\r\n', 'blanks around': b'Subject:   a   \r\n\r\ny\r\n', 'bare LF': plain.replace(b'\r\n', b'\n') + b'\ny\nz\n',
        'LF and CRLF': plain + b'To: c@d\nCc: e@f\r\n\r\ny\nz\r\n', 'bare CR': b'Subject: a\rb\r\n\r\ny\rz\r\n', 'CR at line end': b'Subject: a\r\r\n\r\ny\r\n',
        'reply fields': plain + b'In-Reply-To: <a@b> (mail of)\r\nReferences: <c@d>\r\n <a@b>\r\nReply-To: x@y\r\nSender: s@t\r\nBcc: u@v\r\n\r\ny\r\n',
        'obsolete ids': plain + b'Message-ID: abc\r\nIn-Reply-To: Your message of Monday\r\n\r\ny\r\n', 'id folded': plain + b'Message-ID:\r\n <a@b>\r\n\r\ny\r\n',
        'id with blanks': plain + b'Message-ID: < a @ b >\r\n\r\ny\r\n', 'two ids': plain + b'Message-ID: <a@b> <c@d>\r\n\r\ny\r\n',
        'long body line': plain + b'\r\n' + b'x' * 100000 + b'\r\n', 'no last line end': plain + b'\r\nlast', 'blank last line': plain + b'\r\nlast\r\n   ', 'dots': plain + b'\r\n.\r\n..\r\n.x\r\n',
        'mime version comment': plain + b'MIME-Version: 1.0 (made by x)\r\nContent-Type: text/html\r\n\r\ny\r\n', 'mime version wrong': plain + b'MIME-Version: 2.0\r\nContent-Type: text/html\r\n\r\ny\r\n',
    }
    for name, text in rows.items():
        yield 'field/' + name, text


def addresses():
    rows = [b'a@b', b'<a@b>', b'A <a@b>', b'"A" <a@b>', b'"A B" <a@b>', b'A B <a@b>', b'A. B. <a@b>', b'a@b (A)', b'a@b (A (nested) B)', b'(A) a@b', b'a', b'<a>', b'A <a>', b'<>', b'A <>', b'',
            b',', b'a@b,', b',a@b', b'a@b,,c@d', b'a@b, c@d', b'a@b; c@d', b'a@b c@d', b'group:;', b'group: a@b;', b'group: a@b, C <c@d>;', b'group: a@b', b'g1: a@b; , g2: c@d;', b'g: x: y;;',
            b'undisclosed-recipients:;', b'"group x": a@b;', b'g:;, a@b', b'<@r1,@r2:a@b>', b'A <@r1:a@b>', b'<@r1,a@b>', b'"a b"@c', b'"a\\"b"@c', b'"a@b"@c', b'a.b@c', b'a..b@c', b'.a@b', b'a b@c',
            b'a @ b', b'a@ b', b'a @b', b'a@b.c.d', b'a@[127.0.0.1]', b'a@[IPv6:::1]', b'a@b@c', b'@b', b'a@', b'A <a@b', b'A a@b>', b'"A <a@b>', b'"A <a@b>" <c@d>', b'A" <a@b>', b'"A\\" <a@b>',
            b'"A, B" <a@b>', b'A, B <a@b>', b'"A\r\n B" <a@b>', b'A\r\n <a@b>', b'a@b\r\n\t, c@d', b'=?utf-8?B?2KjYsdmK2K8=?= <a@b>', b'"=?utf-8?B?2KjYsdmK2K8=?=" <a@b>', b'A (c) B <a@b>', b'A <a(c)@b>',
            b'A <a@b> (c)', b'A <a@b> junk', b'<a@b> A', b'A\x00B <a@b>'.replace(b'\x00', b'\x01'), b'mailto:a@b', b'A <mailto:a@b>', b"'A' <a@b>", b'A@B <a@b>', b'a%b@c', b'a!b!c', b'a+b=c@d', b'*@b',
            b'\\a@b', b'[A] <a@b>', b'A: B <a@b>', b'A; B <a@b>', b'((A)) a@b', b'(A a@b', b'a@b)', b'<<a@b>>', b', '.join(b'U%d <u%d@example.org>' % (n, n) for n in range(500))]
    for n, row in enumerate(rows):
        yield 'address/%02d %s' % (n, row[:30].decode('ascii', 'replace').replace('\r\n', ' ')), b'From: ' + row + b'\r\nTo: ' + row + b'\r\nSubject: x\r\n\r\ny\r\n'
    for n, row in enumerate([b'Mon, 2 Nov 2026 09:00:00 +0000', b'2 Nov 2026 09:00 GMT', b'yesterday', b'', b'Mon, 02 Nov 26 09:00:00 EST', b'(c) Mon, 2 Nov 2026 09:00:00 +0000 (UTC)',
                             b'Mon,\r\n 2 Nov 2026\r\n 09:00:00 +0000', b'"Mon"', b'2026-11-02T09:00:00Z', b'  Mon, 2 Nov 2026  09:00:00 +0000  ']):
        yield 'date/%02d' % n, b'From: a@b\r\nDate: ' + row + b'\r\n\r\ny\r\n'


def mutations(messages, count=120):
    """Messages of above with a line lost, doubled, cut or moved, by dice that always fall alike."""
    dice = random.Random(5)
    pool = [m for m in messages if m[0].split('/')[0] in ('structure', 'message', 'boundary') and 200 < len(m[1]) < 6000]
    for n in range(count):
        name, raw = pool[dice.randrange(len(pool))]
        lines = raw.split(b'\r\n')
        for _ in range(dice.randint(1, 3)):
            at, what = dice.randrange(len(lines)), dice.randrange(5)
            if what == 0:
                del lines[at]
            elif what == 1:
                lines.insert(at, lines[dice.randrange(len(lines))])
            elif what == 2:
                lines[at] = lines[at][:dice.randint(0, len(lines[at]))]
            elif what == 3:
                lines.insert(at, b'')
            else:
                lines[at:at] = [b'', b'--b1'] if dice.random() < 0.5 else [b' ' + lines[at]]
            lines = lines or [b'x']
        yield 'mutation/%03d of %s' % (n, name), b'\r\n'.join(lines) or b'x'


def corpus():
    """[(name, octets)]"""
    found = [*structures(), *messages(), *types(), *charsets(), *boundaries(), *fields(), *addresses()]
    found += mutations(found)
    names = [name for name, _ in found]
    assert len(set(names)) == len(names), sorted(n for n in names if names.count(n) > 1)
    return found


if __name__ == '__main__':
    print(len(corpus()), 'messages')
