# RFC 8314 §3.2: a session under implicit TLS, from login to logout
@imaps login
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: a SELECT INBOX
S*: * 3 EXISTS
S*: ...
S: a OK [READ-WRITE] ...
C: b FETCH 1:3 BODY.PEEK[]
S: * 1 FETCH (BODY[] {}
S< simple.eml
S: )
S: * 2 FETCH (BODY[] {}
S< dots.eml
S: )
S: * 3 FETCH (BODY[] {}
S< nested.eml
S: )
S: b OK ...
C: c IDLE
S: + ...
@append INBOX arabic.eml
S: ...
S: * 4 EXISTS
C: DONE
S: ...
S: c OK ...
C: d LOGOUT
S: * BYE ...
S: d OK ...
@closed
