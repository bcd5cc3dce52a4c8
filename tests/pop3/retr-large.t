# RFC 1939 §5: a large message comes whole
@pop3 login
@append INBOX size:100000
C: LIST 1
S: +OK 1 100000${| ...|}
C: RETR 1
S: +OK ...
S.< size:100000
C: NOOP
S: +OK...
