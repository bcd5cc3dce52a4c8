# RFC 3501 §9 number: a literal's size beyond every integer is a syntax error
@imap login
@may-close a server may end such a session, and its last words may be lost with it
C: a APPEND INBOX {99999999999999999999999}
S: ${|a BAD|a NO|* BYE} ...
