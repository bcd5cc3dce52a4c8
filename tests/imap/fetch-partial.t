# RFC 3501 §6.4.5: <offset.count> gives a piece and is answered with <offset>
@imap select INBOX
@append INBOX dots.eml
C: a FETCH 1 BODY.PEEK[]<6.17>
S: * 1 FETCH (BODY[]<6> "dots@example.org\x0d")
S: a OK ...
C: b FETCH 1 BODY.PEEK[TEXT]<0.8>
S: * 1 FETCH (BODY[TEXT]<0> ".one dot")
S: b OK ...
