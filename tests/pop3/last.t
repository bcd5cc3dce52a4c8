# RFC 1081: LAST is the highest message number that RETR or DELE named; TOP does not count
@pop3 login
@only barid: LAST of RFC 1081
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: LAST
S: +OK 0
C: TOP 3 0
S: +OK...
S: ...
S: .
C: LAST
S: +OK 0
C: RETR 2
S: +OK...
S.< dots.eml
C: LAST
S: +OK 2
C: DELE 1
S: +OK...
C: LAST
S: +OK 2
C: LAST 1
S: -ERR...
C: DELE 3
S: +OK...
C: LAST
S: +OK 3
C: RSET
S: +OK...
C: LAST
S: +OK 0
