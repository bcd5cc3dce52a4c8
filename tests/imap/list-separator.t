# RFC 3501 §6.3.8: LIST with an empty pattern tells the separator
@imap login
C: a LIST "" ""
S: * LIST ~(\Noselect ...) "/" ""
S: a OK ...
