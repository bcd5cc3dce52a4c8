# RFC 3501 §2.3.1.1: a fresh account sees its own mail only
@imap select INBOX
C: a STATUS INBOX (MESSAGES UIDNEXT)
S: * STATUS "INBOX" ~(MESSAGES 0, UIDNEXT 1)
S: a OK ...
