# RFC 3501 §6.3.6: the server must not take a subscription away because the mailbox is gone
@imap login
@create Gone
C: a SUBSCRIBE Gone
S: a OK ...
C: b DELETE Gone
S: b OK ...
C: c LSUB "" "Gone"
S: * LSUB ~(...) "/" "Gone"
S: c OK ...
