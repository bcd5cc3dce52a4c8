# RFC 3501 §6.4.5: RFC822.TEXT is BODY[TEXT], and sets \Seen
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 RFC822.TEXT
S: * 1 FETCH ~(RFC822.TEXT "Hello Joe, do you think we can meet at 3:30 tomorrow?\x0d\x0a", ?FLAGS ~(\Seen ?\Recent))
S: ...
S: a OK ...
C: b FETCH 1 FLAGS
S: * 1 FETCH (FLAGS ~(\Seen ?\Recent))
S: b OK ...
