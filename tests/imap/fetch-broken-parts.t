# RFC 3501 §6.4.5: parts that a message does not have are empty or NIL
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 (BODY.PEEK[2])
S: * 1 FETCH (BODY[2] ${|NIL|""|{0}\x0d\x0a})
S: a OK ...
C: b FETCH 1 (BODY.PEEK[1.1.1.HEADER])
S: * 1 FETCH (BODY[1.1.1.HEADER] ${|NIL|""|{0}\x0d\x0a})
S: b OK ...
