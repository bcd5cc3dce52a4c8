# RFC 1939 §6: DELE takes effect at QUIT, not before
@pop3 login
@C2 imap select INBOX
@append INBOX simple.eml
C: DELE 1
S: +OK...
C2: a NOOP
S2: a OK ...
C2: b FETCH 1 UID
S2: * 1 FETCH (UID 1)
S2: b OK ...
