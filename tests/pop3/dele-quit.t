# RFC 1939 §6: what is marked deleted goes away at QUIT
@pop3 login
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
@C2 imap login
C: DELE 1
S: +OK...
C: DELE 3
S: +OK...
C: STAT
S: +OK 1 ${size_dots}
C: QUIT
S: +OK...
@closed
C2: a SELECT INBOX
S2*: * 1 EXISTS
S2*: ...
S2: a OK ...
C2: b FETCH 1 UID
S2: * 1 FETCH (UID 2)
S2: b OK ...
