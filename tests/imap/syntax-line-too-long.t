# RFC 3501 §7.1.3: a line beyond the limit is BAD, and the session lives on or ends with BYE
@imap login
@not dovecot: it answers under a tag of its own making from the middle of the line
@may-close a server may end such a session, and its last words may be lost with it
C: a NOOP ${x*200000}
S: ...
S: ${|a BAD|* BYE} ...
