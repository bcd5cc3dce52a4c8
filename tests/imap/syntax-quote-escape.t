# RFC 3501 §9 quoted-specials: a backslash before any other character
@imap login
@not dovecot: it takes the backslash away and selects INBOX
C: a SELECT "IN\BOX"
S: a ${|BAD|NO} ...
C: b NOOP
S: b OK ...
