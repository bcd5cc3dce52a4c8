# RFC 3501 §6.3.1: SELECT needs a mailbox name
@imap login
@not dovecot: it takes no notice of a second name
C: a SELECT
S: a BAD ...
C: b SELECT INBOX INBOX
S: b BAD ...
