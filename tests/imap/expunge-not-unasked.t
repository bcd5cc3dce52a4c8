# RFC 3501 §7.4.1: no EXPUNGE is sent while no command is under way
@imap select INBOX
@C2 imap select INBOX
@append INBOX simple.eml (\Deleted)
@append INBOX dots.eml
C2: a EXPUNGE
S2: * 1 EXPUNGE
S2: a OK ...
@silent 0.3
C: b NOOP
S: ...
S: * 1 EXPUNGE
S: ...
S: b OK ...
