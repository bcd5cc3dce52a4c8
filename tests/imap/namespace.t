# RFC 2342 §5: one personal namespace, its prefix and its separator
@imap login
C: a NAMESPACE
S: * NAMESPACE (("" "/")) NIL NIL
S: a OK ...
