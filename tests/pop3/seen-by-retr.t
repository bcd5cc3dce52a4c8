# RFC 1939 §5: RETR takes no message away
@pop3 login
@append INBOX simple.eml
C: RETR 1
S: +OK ...
S.< simple.eml
C: QUIT
S: +OK...
@drop
C: STAT
S: +OK 1 ${size_simple}
