# RFC 1939 §5: a message marked deleted is not there any more
@pop3 login
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: DELE 2
S: +OK...
C: RETR 2
S: -ERR...
C: LIST 2
S: -ERR...
C: LIST
S: +OK...
S: 1 ${size_simple}
S: 3 ${size_nested}
S: .
C: TOP 2 0
S: -ERR...
C: DELE 2
S: -ERR...
