# RFC 3501 §6.4.5: parts of a multipart and of the message inside it
@imap select INBOX
@append INBOX nested.eml
C: a FETCH 1 BODY.PEEK[1]
S: * 1 FETCH (BODY[1] {}
S| First part.
S: )
S: a OK ...
C: b FETCH 1 BODY.PEEK[2.1]
S: * 1 FETCH (BODY[2.1] "Inner text.")
S: b OK ...
C: c FETCH 1 BODY.PEEK[2.2]
S: * 1 FETCH (BODY[2.2] "<p>Inner text.</p>")
S: c OK ...
C: d FETCH 1 BODY.PEEK[3]
S: * 1 FETCH (BODY[3] "R0lGODlhAQABAAAAACw=")
S: d OK ...
