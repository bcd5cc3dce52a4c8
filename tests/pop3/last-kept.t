# RFC 1081: LAST outlives the session that ended with QUIT; RSET goes back to what it was at login
@pop3 login
@only barid: LAST of RFC 1081
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: RETR 2
S: +OK ...
S.< dots.eml
C: QUIT
S: +OK...
@closed
@drop
C: LAST
S: +OK 2
C: DELE 3
S: +OK...
C: LAST
S: +OK 3
C: RSET
S: +OK...
C: LAST
S: +OK 2
