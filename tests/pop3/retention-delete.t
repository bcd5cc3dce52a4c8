# RFC 2449 §6.7: with pop3_retention = delete what RETR sent whole goes at QUIT, TOP takes nothing; EXPIRE says so
@pop3 login
@only barid: its setting
@with pop3_retention = delete
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
@C2 imap login
C: CAPA
S: +OK...
S*: EXPIRE 0
S*: ...
S: .
C: RETR 2
S: +OK ...
S.< dots.eml
C: TOP 1 100000
S: +OK...
S.< simple.eml
C: STAT
S: +OK 3 ${n:number}
C: QUIT
S: +OK...
@closed
C2: a SELECT INBOX
S2*: * 2 EXISTS
S2*: ...
S2: a OK ...
C2: b FETCH 1:2 UID
S2: * 1 FETCH (UID 1)
S2: * 2 FETCH (UID 3)
S2: b OK ...
