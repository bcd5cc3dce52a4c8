# RFC 6856 §2.1: without UTF8, and with utf8_downgrade = no, messages are as they are
@pop3 login
@append INBOX utf8headers.eml
C: STAT
S: +OK 1 ${size_utf8headers}
C: RETR 1
S: +OK ...
S.< utf8headers.eml
