# RFC 3501 §3.4: a connection lost in the middle of a line executes nothing of it
@imap select INBOX
@append INBOX simple.eml (\Deleted)
C: a EXPUNGE\
@drop
C2: b STATUS INBOX (MESSAGES)
S2: * STATUS "INBOX" (MESSAGES 1)
S2: b OK ...
