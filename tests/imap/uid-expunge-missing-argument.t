# RFC 4315 §2.1: UID EXPUNGE needs a set
@imap select INBOX
@append INBOX simple.eml (\Deleted)
C: a UID EXPUNGE
S: a BAD ...
C: b STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 1)
S: b OK ...
