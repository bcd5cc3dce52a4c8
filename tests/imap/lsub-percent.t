# RFC 3501 §6.3.9: LSUB with % names an unsubscribed parent of a subscribed mailbox as \Noselect
@imap login
@create foo/bar
C: a SUBSCRIBE foo/bar
S: a OK ...
C: b LSUB "" "f%"
S: * LSUB ~(\Noselect ...) "/" "foo"
S: b OK ...
C: c LSUB "" "foo/%"
S: * LSUB ~(...) "/" "foo/bar"
S: c OK ...
