# RFC 3501 §6.4.7: a COPY that fails has copied nothing
@imap select INBOX
@append INBOX simple.eml
@create target
C: a COPY 1,99 target
S: a ${|BAD|NO} ...
C: b STATUS target (MESSAGES UIDNEXT)
S: * STATUS "target" ~(MESSAGES 0, UIDNEXT 1)
S: b OK ...
