# RFC 1939 §6: what was downloaded counts only when the session ends with QUIT
@pop3 login
@only barid: its setting
@with pop3_retention = delete
@append INBOX dots.eml
C: RETR 1
S: +OK ...
S.< dots.eml
@drop
C: STAT
S: +OK 1 ${n:number}
