# RFC 3501 §6.3.8: a pattern that fits nothing gives OK and no line
@imap login
C: a LIST "" "nothing*"
S: a OK ...
