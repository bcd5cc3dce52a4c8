# RFC 3501 §5.1: control characters in names are refused
@imap login
C: a CREATE "a\x01b"
S: a ${|NO|BAD} ...
