# RFC 1939 §5: RSET takes the marks away
@pop3 login
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: DELE 1
S: +OK...
C: DELE 2
S: +OK...
C: RSET
S: +OK...
C: STAT
S: +OK 3 ${n:number}
C: RETR 1
S: +OK ...
S.< simple.eml
C: QUIT
S: +OK...
@closed
@drop
C: STAT
S: +OK 3 ${n}
