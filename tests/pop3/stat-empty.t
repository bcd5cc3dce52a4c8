# RFC 1939 §5: an empty maildrop
@pop3 login
C: STAT
S: +OK 0 0
C: LIST
S: +OK...
S: .
C: UIDL
S: +OK...
S: .
