# RFC 3501 §6.4.5: n.MIME is the part's own MIME header
@imap select INBOX
@append INBOX nested.eml
C: a FETCH 1 BODY.PEEK[1.MIME]
S: * 1 FETCH (BODY[1.MIME] {}
S| Content-Type: text/plain; charset=utf-8
S| Content-Transfer-Encoding: 8bit
S|
S: )
S: a OK ...
C: b FETCH 1 BODY.PEEK[2.2.MIME]
S: * 1 FETCH (BODY[2.2.MIME] "Content-Type: text/html; charset=us-ascii\x0d\x0a\x0d\x0a")
S: b OK ...
