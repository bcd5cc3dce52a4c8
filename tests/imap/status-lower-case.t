# RFC 3501 §9: item names are case-insensitive
@imap login
C: a status inbox (messages uidnext)
S: * STATUS "${|INBOX|inbox}" ~(MESSAGES 0, UIDNEXT 1)
S: a OK ...
