# RFC 3501 §4.3: 8-bit text in a header does not fail ENVELOPE
@imap select INBOX
@append INBOX raw8bit.eml
C: a FETCH 1 ENVELOPE
S: * 1 FETCH (ENVELOPE ("Tue, 5 May 2020 12:00:00 +0000" ...))
S: a OK ...
C: b FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]
S: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] "Subject: بريد raw\x0d\x0a\x0d\x0a")
S: b OK ...
