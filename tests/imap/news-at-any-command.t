# RFC 3501 §5.2: what another session does to flags and what is delivered is told at the next command, whatever that is
@imap select INBOX
@not dovecot: it tells such news at the commands on messages, and at NOOP
@C2 imap select INBOX
@append INBOX simple.eml
C2: a STORE 1 +FLAGS.SILENT (\Flagged)
S2: a OK ...
@deliver dots.eml
C: b STATUS Archive (MESSAGES)
S*: * 1 FETCH ~(FLAGS ~(\Flagged ?\Recent), ?UID 1)
S*: * 2 EXISTS
S*: * STATUS "Archive" (MESSAGES 0)
S*: ...
S: b OK ...
