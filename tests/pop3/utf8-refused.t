# RFC 6856 §5: with utf8_downgrade = refuse the response code says what is missing
@pop3 login
@with utf8_downgrade = refuse
@not dovecot: it has no UTF8
@append INBOX simple.eml
@append INBOX utf8headers.eml
C: RETR 2
S: -ERR [UTF8] ...
C: TOP 2 0
S: -ERR [UTF8] ...
C: LIST 2
S: +OK 2 ${size_utf8headers}
C: RETR 1
S: +OK ...
S.< simple.eml
C: QUIT
S: +OK ...
