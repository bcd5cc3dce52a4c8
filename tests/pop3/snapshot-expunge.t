# RFC 1939 §4: the maildrop stands still in a session: a message expunged elsewhere can still be read
@pop3 login
@only barid: a stock Dovecot answers RETR of a message expunged elsewhere with -ERR or closes
@C2 imap select INBOX
@append INBOX simple.eml
@append INBOX dots.eml
@append INBOX nested.eml
C: STAT
S: +OK 3 ${n:number}
C2: a STORE 2 +FLAGS.SILENT (\Deleted)
S2: a OK ...
C2: b EXPUNGE
S2: * 2 EXPUNGE
S2: b OK ...
C: RETR 2
S: +OK ...
S.< dots.eml
C: STAT
S: +OK 3 ${n}
C: DELE 2
S: +OK...
C: QUIT
S: +OK...
@closed
C2: c NOOP
S2: c OK ...
C2: d FETCH 1:* UID
S2: * 1 FETCH (UID 1)
S2: * 2 FETCH (UID 3)
S2: d OK ...
