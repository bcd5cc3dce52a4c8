# RFC 3501 §6.1.3, §6.4.2: LOGOUT expunges nothing
@imap select INBOX
@append INBOX simple.eml
C: a STORE 1 +FLAGS.SILENT (\Deleted)
S: a OK ...
C: b LOGOUT
S!: * 1 EXPUNGE
S: * BYE ...
S: b OK ...
@closed
@drop
C: c STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 1)
S: c OK ...
