# RFC 3501 §6.4.5: a message whose whole body is a message
@imap select INBOX
@append INBOX forwarded.eml
C: a FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[1.HEADER.FIELDS (TO)] BODY.PEEK[1.TEXT])
S: * 1 FETCH ~(BODY[HEADER.FIELDS (SUBJECT)] "Subject: Fwd: dots\x0d\x0a\x0d\x0a", BODY[1.HEADER.FIELDS (TO)] "To: bob@example.net\x0d\x0a\x0d\x0a", BODY[1.TEXT] "inner body\x0d\x0a")
S: a OK ...
C: b FETCH 1 BODY.PEEK[1.1]
S: * 1 FETCH (BODY[1.1] "inner body\x0d\x0a")
S: b OK ...
