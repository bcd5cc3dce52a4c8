# RFC 3501 §6.1.1: CAPABILITY has no arguments
@imap login
@not dovecot: it takes no notice of arguments to commands that have none
C: a CAPABILITY x
S: a BAD ...
