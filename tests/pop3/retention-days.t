# RFC 2449 §6.7: EXPIRE says in days how long what was downloaded stays; QUIT deletes nothing then
@pop3 login
@only barid: its setting
@with pop3_retention = 15d
@append INBOX dots.eml
C: CAPA
S: +OK...
S*: EXPIRE 15
S*: ...
S: .
C: RETR 1
S: +OK ...
S.< dots.eml
C: QUIT
S: +OK...
@closed
@drop
C: STAT
S: +OK 1 ${n:number}
