# RFC 3501 §6.4.5: BODY[1] of a message that is not multipart is its body
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 BODY.PEEK[1]
S: * 1 FETCH (BODY[1] {}
S| Hello Joe, do you think we can meet at 3:30 tomorrow?
S: )
S: a OK ...
