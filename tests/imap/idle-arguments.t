# RFC 2177 §4: IDLE has no arguments
@imap select INBOX
@not dovecot: it takes no notice of arguments to commands that have none
C: a IDLE now
S: a BAD ...
