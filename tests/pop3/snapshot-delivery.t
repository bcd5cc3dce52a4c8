# RFC 1939 §4: a message that is delivered in a session shows in the next one only
@pop3 login
@append INBOX simple.eml
C: STAT
S: +OK 1 ${size_simple}
@deliver dots.eml
C: STAT
S: +OK 1 ${size_simple}
C: LIST 2
S: -ERR...
C: QUIT
S: +OK...
@drop
C: STAT
S: +OK 2 ${n:number}
