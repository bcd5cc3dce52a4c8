# RFC 6856 §2.1: STAT counts what RETR sends, also after DELE and RSET
@pop3 login
@with utf8_downgrade = yes
@not dovecot: it has no UTF8
@append INBOX utf8headers.eml
@append INBOX utf8headers.eml
C: DELE 1
S: +OK ...
C: STAT
S: +OK 1 ${size_utf8surrogate}
C: RSET
S: +OK ...
C: STAT
S: +OK 2 ${n:number}
C: DELE 2
S: +OK ...
C: STAT
S: +OK 1 ${size_utf8surrogate}
