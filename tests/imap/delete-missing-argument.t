# RFC 3501 §6.3.4: DELETE needs a name
@imap login
C: a DELETE
S: a BAD ...
