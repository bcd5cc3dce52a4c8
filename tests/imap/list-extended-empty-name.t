# RFC 5258 §3: in an extended LIST the empty name asks for no separator, and fits nothing
@imap login
@needs LIST-EXTENDED
C: a LIST "" ("" INBOX)
S!: * LIST (...) "/" ""
S: * LIST (...) "/" "INBOX"
S: a OK ...
C: b LIST () "" ("")
S: b OK ...
