# RFC 3501 §6.2.1: STARTTLS is valid in the not authenticated state only
@imap login
C: a STARTTLS
S: a BAD ...
