# RFC 3501 §6.4.5: many items in one FETCH
@imap select INBOX
@append INBOX dots.eml (\Flagged)
C: a FETCH 1 (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[TEXT]<0.4>)
S: * 1 FETCH ~(UID 1, FLAGS ~(\Flagged ?\Recent), RFC822.SIZE ${size_dots}, BODY[HEADER.FIELDS (SUBJECT)] "Subject: dots\x0d\x0a\x0d\x0a", BODY[TEXT]<0> ".one")
S: a OK ...
