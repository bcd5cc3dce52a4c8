# RFC 3501 §6.3.8: the reference stands before the pattern
@imap login
@create a1/b1
C: a LIST "a1/" "%"
S: * LIST ~(...) "/" "a1/b1"
S: a OK ...
C: b LIST a1/ b1
S: * LIST ~(...) "/" "a1/b1"
S: b OK ...
