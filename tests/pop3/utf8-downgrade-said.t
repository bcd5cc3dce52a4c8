# RFC 6856 §2.1: with UTF8 there are no surrogates
@pop3
@with utf8_downgrade = yes
@not dovecot: it has no UTF8
@append INBOX utf8headers.eml
S: +OK ...
C: UTF8
S: +OK ...
C: AUTH PLAIN ${plain}
S: +OK ...
C: LIST 1
S: +OK 1 ${size_utf8headers}
C: RETR 1
S: +OK ...
S.< utf8headers.eml
