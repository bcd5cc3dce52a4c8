# RFC 6154 §2: the standard folders exist from the start and carry their use
@imap login
C: a LIST "" "*"
S*: * LIST ~(...) "/" "INBOX"
S*: * LIST ~(\Drafts ...) "/" "Drafts"
S*: * LIST ~(\Sent ...) "/" "Sent"
S*: * LIST ~(\Trash ...) "/" "Trash"
S*: * LIST ~(\Junk ...) "/" "Junk"
S*: * LIST ~(\Archive ...) "/" "Archive"
S: a OK ...
