# RFC 3501 §5.1: a pattern names INBOX in any case
@imap login
C: a LIST "" inbox
S: * LIST ~(...) "/" "INBOX"
S: a OK ...
C: b LIST "" "inb%"
S: * LIST ~(...) "/" "INBOX"
S: b OK ...
