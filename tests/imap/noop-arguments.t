# RFC 3501 §6.1.2: NOOP has no arguments
@imap login
@not dovecot: it takes no notice of arguments to commands that have none
C: a NOOP NOOP
S: a BAD ...
