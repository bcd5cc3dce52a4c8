# RFC 3501 §6.3.6, §6.3.9: a subscribed mailbox is listed by LSUB
@imap login
@create Projects
C: a SUBSCRIBE Projects
S: a OK ...
C: b LSUB "" "Proj*"
S: * LSUB ~(...) "/" "Projects"
S: b OK ...
C: c SUBSCRIBE Projects
S: c OK ...
