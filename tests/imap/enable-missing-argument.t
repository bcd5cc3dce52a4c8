# RFC 5161 §3.1: ENABLE needs a capability
@imap login
@not dovecot: it answers OK
C: a ENABLE
S: a BAD ...
