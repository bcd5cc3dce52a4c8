# RFC 3501 §6.4.5: a piece of a part
@imap select INBOX
@append INBOX nested.eml
C: a FETCH 1 BODY.PEEK[2.2]<3.5>
S: * 1 FETCH (BODY[2.2]<3> "Inner")
S: a OK ...
C: b FETCH 1 BODY.PEEK[2.HEADER]<0.4>
S: * 1 FETCH (BODY[2.HEADER]<0> "From")
S: b OK ...
