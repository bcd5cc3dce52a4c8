# RFC 3501 §6.3.3: CREATE needs a name
@imap login
C: a CREATE
S: a BAD ...
