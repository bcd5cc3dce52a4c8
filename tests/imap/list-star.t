# RFC 3501 §6.3.8: `*` goes through every level
@imap login
@create a1/b1/c1
C: a LIST "" "a*"
S*: * LIST ~(...) "/" "a1"
S*: * LIST ~(...) "/" "a1/b1"
S*: * LIST ~(...) "/" "a1/b1/c1"
S: a OK ...
C: b LIST "" *
S*: * LIST ~(...) "/" "INBOX"
S*: * LIST ~(...) "/" "a1/b1/c1"
S*: ...
S: b OK ...
