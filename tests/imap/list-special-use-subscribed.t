# RFC 6154 §2: the standard folders are subscribed from the start, so that LSUB clients show them
@imap login
C: a LSUB "" "*"
S*: * LSUB ~(...) "/" "Drafts"
S*: * LSUB ~(...) "/" "Sent"
S*: * LSUB ~(...) "/" "Trash"
S*: * LSUB ~(...) "/" "Junk"
S*: * LSUB ~(...) "/" "Archive"
S*: ...
S: a OK ...
