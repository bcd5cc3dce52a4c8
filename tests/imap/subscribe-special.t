# RFC 3501 §6.3.7: a standard folder can be unsubscribed, and stays so
@imap login
@not dovecot: what it subscribes by itself (auto = subscribe) stays subscribed
C: a UNSUBSCRIBE Junk
S: a OK ...
C: b LSUB "" "Junk"
S: b OK ...
C: c LIST "" "Junk"
S: * LIST ~(\Junk ...) "/" "Junk"
S: c OK ...
