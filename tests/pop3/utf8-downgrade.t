# RFC 6858: a client that has not said UTF8 is given a surrogate, and every size is that of what RETR sends (RFC 6856 §2.1)
@pop3 login
@with utf8_downgrade = yes
@not dovecot: it has no UTF8
@append INBOX simple.eml
@append INBOX utf8headers.eml
@append INBOX arabic.eml
@append INBOX utf8headers.eml
C: LIST 2
S: +OK 2 ${size_utf8surrogate}
C: DELE 4
S: +OK ...
C: LIST
S: +OK 3 messages
S: 1 ${size_simple}
S: 2 ${size_utf8surrogate}
S: 3 ${size_arabic}
S: .
C: RETR 2
S: +OK ${size_utf8surrogate} octets
S.< utf8surrogate.eml
C: RETR 1
S: +OK ...
S.< simple.eml
C: RSET
S: +OK ...
C: TOP 2 0
S: +OK ...
S: Return-Path: <sender@example.net>
S: From: =?utf-8?b?...
S: ...
S: MIME-Version: 1.0
S: Content-Type: multipart/mixed; boundary="b"
S: 
S: .
C: RETR 4
S: +OK ${size_utf8surrogate} octets
S.< utf8surrogate.eml
C: RETR 3
S: +OK ...
S.< arabic.eml
