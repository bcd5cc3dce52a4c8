# RFC 3501 §6.3.11: a connection lost in the middle of the literal leaves no message
@imap login
C: a APPEND INBOX {1000}
S: + ...
C: Subject: half a message\
@drop
C2: b STATUS INBOX (MESSAGES UIDNEXT)
S2: * STATUS "INBOX" ~(MESSAGES 0, UIDNEXT ${n:number})
S2: b OK ...
