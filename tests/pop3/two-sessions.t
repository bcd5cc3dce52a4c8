# RFC 1939 §4: two sessions at a time do no harm to each other
@pop3 login
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: DELE 1
S: +OK...
C2: DELE 1
S2: +OK...
C2: QUIT
S2: +OK...
@closed 2
C: RETR 2
S: +OK ...
S.< dots.eml
C: QUIT
S: +OK...
@closed
@drop 2
C2: STAT
S2: +OK 2 ${n:number}
