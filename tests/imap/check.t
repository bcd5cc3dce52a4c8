# RFC 3501 §6.4.1: CHECK answers OK
@imap select INBOX
C: a CHECK
S: a OK ...
